"""The other examples, each looked at where most of it is seen: the pictures of their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airstrip.airflow_api import DagRun
from tests.example_pages import Examples, images_of_the_library, logged
from tests.landing import Landing
from tests.ui.album import Album
from tests.ui.browser import Browser

# Runs of nine examples, and an image of Airflow that nothing else needs.
pytestmark = pytest.mark.slow

Ended = Callable[[str], str]

_LOG = "//*[@data-testid='virtualized-list']"
_LINE = f"{_LOG}//*[starts-with(@data-testid, 'virtualized-item')]"
LOGS = {"isolation": "look", "database": "from_csv", "sensor": "arrived", "duckdb": "report", "papermill": "run"}
"""The task of each whose log says most."""


@pytest.fixture(scope="module")
def examples() -> Examples:
    # As long as it takes to be looked at while it waits.
    return {"deferrable": {"seconds": 60}, "smoke": None, "resources": None, **dict.fromkeys(LOGS)}


@pytest.fixture(scope="module")
def written(landing: Landing, admin: Browser, examples: Examples) -> Iterator[None]:
    """The examples in the landing's folder, and the landing with what they need. Whoever lands next takes it away."""
    admin.leave()
    with landing.dags_for_a_while():
        files = landing.data("init", *(word for name in examples for word in ("--example", name)))["written"]
        landing.ok("up", "--yes")
        for name in images_of_the_library(files):
            landing.ok("image", "build", name)
        yield
    landing.write_file()


def test_a_task_that_is_deferred_has_left_its_pod(
    begun: dict[str, DagRun], ended: Ended, admin: Browser, picture: Album
) -> None:
    run = begun["deferrable"]
    admin.open(f"/dags/{run.dag_id}/runs/{run.run_id}/tasks/wait")
    admin.see("//*[@data-testid='header-card']//*[@data-testid='state-badge'][contains(., 'Deferred')]", seconds=240)
    admin.see(f"{_LINE}[contains(., 'leaves example-deferrable-wait-')]")
    picture("example-deferrable", down_to=_LOG)
    ended("deferrable")


def test_what_a_task_returns_is_kept_for_the_next(ended: Ended, admin: Browser, picture: Album) -> None:
    admin.open(f"{ended('smoke')}/tasks/hello/xcom")
    row = "//tr[td[.='return_value']]"
    admin.see(f"{row}//*[@data-testid='xcom-value'][contains(., 'example-smoke-hello-')]")
    picture("example-smoke", down_to=row)


def test_a_pod_s_room_is_among_its_templates(ended: Ended, admin: Browser, picture: Album) -> None:
    admin.open(f"{ended('resources')}/tasks/pod/rendered_templates")
    row = "//tr[td[.='container_resources']]"
    admin.scroll_to(row)
    for text in ("384Mi", "128Mi", "50m"):
        admin.see(f"{row}[contains(., '{text}')]")
    picture("example-resources", down_to=row)


@pytest.mark.parametrize(("name", "task"), LOGS.items())
def test_a_log_says_what_the_example_s_page_shows(
    name: str, task: str, ended: Ended, admin: Browser, picture: Album
) -> None:
    admin.open(f"{ended(name)}/tasks/{task}")
    lines = logged(name, task)
    assert lines
    for line in lines:
        admin.see(_LINE + "".join(f'[contains(., "{part}")]' for part in line.split("*") if part))
    picture(f"example-{name}", down_to=_LOG)


def test_the_notebook_s_picture_is_kept(ended: Ended, landing: Landing, picture: Album) -> None:
    run = ended("papermill").rpartition("/")[2]
    folder = Path(landing.data("project", "show", "examples")["folder"])
    png = (folder / "papermill" / run / "rides.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    picture.keep("example-papermill-rides", png)
