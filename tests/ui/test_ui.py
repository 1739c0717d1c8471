"""Airflow's UI as a person has it: log in, find the green run, read a task's log, trigger one more; in this order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.album import Album
from tests.ui.browser import Browser

Ended = Callable[[str], str]

_SUCCESS = "//*[contains(@data-testid, 'state-badge')][contains(., 'Success')]"
_TICK = "//*[@d='M20 6 9 17l-5-5']"
_RUN_HEADER = "//*[@data-testid='header-card'][contains(., 'Triggering User')]"


def test_the_admin_logs_in_and_sees_that_all_is_healthy(run: dict[str, Any], admin: Browser, picture: Album) -> None:
    admin.open("/")
    for component in ("MetaDatabase", "Scheduler", "Triggerer", "Dag Processor"):
        admin.see(f"//*[@data-testid='state-badge'][.='{component}']{_TICK}")
    admin.see("//*[.='Dag Runs']")
    picture("home")


def test_the_dags_list_shows_smoke(run: dict[str, Any], admin: Browser, picture: Album) -> None:
    admin.open("/")
    admin.click("//a[@aria-label='Dags']")
    admin.see("//a[@data-testid='dag-id'][.='smoke']")
    admin.see("//a[contains(@href, '/dags/smoke/runs/')]")
    picture("dags")


@pytest.mark.usefixtures("written")  # from here on: the pages before have nothing but smoke
def test_the_run_list_shows_the_green_run(run: dict[str, Any], admin: Browser, picture: Album) -> None:
    admin.open("/dags/smoke")
    admin.click("//a[@title='Runs']")
    row = f"//tr[.//a[{_leads_to(run)}]]"
    admin.see(f"{row}{_SUCCESS}")
    admin.click(f"{row}//a[{_leads_to(run)}]")
    admin.see(f"{_RUN_HEADER}{_SUCCESS}")
    for task in ("hello", "goodbye"):
        admin.see(f"//tr[.//a[.='{task}']]{_SUCCESS}")
    picture("run")


def test_a_task_s_log_is_read_in_the_page(run: dict[str, Any], admin: Browser, picture: Album) -> None:
    admin.open(f"/dags/smoke/runs/{run['run']}")
    admin.click("//td//a[.='hello']")
    (line,) = (line for line in run["logs"]["hello"] if "hello from" in line)
    said = line[line.index("hello from") :]
    assert "smoke-hello-" in said
    admin.see(f"//*[starts-with(@data-testid, 'virtualized-item')][contains(., '{said}')]")
    picture("log")


@pytest.mark.usefixtures("begun")  # they run meanwhile
def test_a_run_that_is_triggered_in_the_page_becomes_green(run: dict[str, Any], admin: Browser) -> None:
    admin.open("/dags/smoke")
    admin.click("//button[@data-testid='trigger-dag-button']")
    admin.click("//button[@data-testid='trigger-dag-submit']")
    admin.see(f"{_RUN_HEADER}[contains(., 'admin')]{_SUCCESS}", seconds=120)


def test_a_mapped_task_shows_each_of_its_items(ended: Ended, admin: Browser, picture: Album) -> None:
    admin.open(f"{ended('mapping')}/tasks/square/mapped")
    for item in range(1, 5):
        admin.see(f"//tr[.//a[.='{item}']]{_SUCCESS}")
    picture("example-mapping")


def test_the_log_of_what_failed_names_the_line(ended: Ended, admin: Browser, picture: Album) -> None:
    admin.open(f"{ended('retries')}/tasks/broken")
    admin.see("//*[contains(., 'ValueError: there is no column amount')]")
    admin.see("//*[contains(., 'example_retries.py')]")
    picture("example-retries-log")


def test_a_run_s_graph_has_its_tasks_in_their_order(ended: Ended, admin: Browser, picture: Album) -> None:
    admin.open(ended("pipeline"))
    admin.click("//button[@title='Show Graph (Press g)' or @aria-label='Show Graph (Press g)']")
    extract, report = (
        admin.see(f"//*[@data-testid='rf__node-{task}'][contains(., 'success')]") for task in ("extract", "report")
    )
    assert extract.location["x"] < report.location["x"] or extract.location["y"] < report.location["y"]
    picture("example-pipeline")


def test_what_was_tried_again_and_what_failed_is_seen_in_the_run(ended: Ended, admin: Browser, picture: Album) -> None:
    admin.open(ended("retries"))
    admin.see(f"//tr[.//a[.='flaky']]{_SUCCESS}")
    admin.see("//tr[.//a[.='broken']]//*[contains(@data-testid, 'state-badge')][contains(., 'Failed')]")
    picture("example-retries")


def _leads_to(run: dict[str, Any]) -> str:
    return f"contains(@href, '/runs/{run['run']}')"
