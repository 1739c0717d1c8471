"""A log that is followed, through the command line: each line once and in order, though its task still runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from airstrip.airflow_api import AirflowClient
from tests.cluster.test_slice import publish
from tests.landing import ROOT, Landing, eventually

SAID = [text for number in range(300) for text in (f"line {number:03d}", *(["again"] * 2 if number % 50 == 0 else []))]


@pytest.fixture(scope="module")
def talker(landing: Landing) -> None:
    """No wait: `run` itself waits for a DAG that was saved a moment ago."""
    publish(landing, "talker.py")


@pytest.fixture
def wait(landing: Landing) -> Iterator[Path]:
    """While it is there, the task that talks waits in the midst of it."""
    sign = landing.dags / "talker.wait"
    sign.touch()
    yield sign
    sign.unlink(missing_ok=True)


@contextmanager
def started(landing: Landing, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A verb that goes on while the test does other things; ended with it."""
    command = [str(ROOT / "airstrip"), *arguments, "-f", str(landing.file)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env={**os.environ, "NO_COLOR": "1"}) as verb:
        try:
            yield verb
        finally:
            verb.kill()


def said(output: str) -> list[str]:
    """What the task itself printed."""
    return re.findall(r"(?:line \d{3}|again)$", output, re.MULTILINE)


def wait_for_first_line(landing: Landing, airflow: AirflowClient, before: int) -> None:
    def talks() -> bool:
        runs = airflow.dag_runs("talker")
        tasks = airflow.task_instances("talker", runs[0].run_id) if len(runs) > before else ()
        return any(task.state == "running" for task in tasks) and bool(said(landing.ok("logs", "talker", "talk")))

    eventually(talks, seconds=60, what="the task talks")


@pytest.mark.usefixtures("talker")
def test_a_running_task_is_followed_with_each_line_once_and_in_order(
    landing: Landing, airflow: AirflowClient, wait: Path
) -> None:
    with ThreadPoolExecutor() as pool:
        run = pool.submit(landing.ok, "run", "talker")
        eventually(
            lambda: any(dag.dag_id == "talker" for dag in airflow.dags()) and bool(airflow.dag_runs("talker")),
            seconds=40,
            what="the DAG run exists",
        )
        early = pool.submit(landing.ok, "logs", "talker", "talk", "-F")
        wait_for_first_line(landing, airflow, before=0)
        # In the midst of it, and without following.
        late = pool.submit(landing.ok, "logs", "talker", "talk", "-F")
        now = said(landing.ok("logs", "talker", "talk"))
        assert 0 < len(now) < len(SAID)
        assert now == SAID[: len(now)]
        wait.unlink()
        assert said(early.result()) == SAID
        assert said(late.result()) == SAID
        assert said(run.result()) == SAID


@pytest.mark.usefixtures("talker")
def test_a_finished_task_is_followed_to_its_end_at_once(landing: Landing) -> None:
    assert said(landing.ok("logs", "talker", "talk", "-F", timeout=60)) == SAID
    assert said(landing.ok("logs", "talker", "talk")) == SAID


@pytest.mark.usefixtures("talker")
def test_ctrl_c_leaves_the_run_and_says_how_to_look_at_it(landing: Landing, airflow: AirflowClient, wait: Path) -> None:
    before = len(airflow.dag_runs("talker"))
    with started(landing, "run", "talker") as run:
        wait_for_first_line(landing, airflow, before)
        with started(landing, "logs", "talker", "talk", "-F") as logs:
            assert logs.stdout
            assert logs.stdout.readline()
            logs.send_signal(signal.SIGINT)
            assert "./airstrip status" in logs.communicate(timeout=30)[1]
            assert logs.returncode == 130
        run.send_signal(signal.SIGINT)
        errors = run.communicate(timeout=30)[1]
    wait.unlink()
    assert run.returncode == 130
    run_id = airflow.dag_runs("talker")[0].run_id
    assert f"./airstrip logs talker TASK --run {run_id} -F" in errors
    assert said(landing.ok("logs", "talker", "talk", "--run", run_id, "-F")) == SAID
    eventually(lambda: airflow.dag_run("talker", run_id).state == "success", seconds=30, what="the run goes on")


def test_the_migration_tells_which_accounts_it_made(landing: Landing) -> None:
    assert "account airstrip: " in landing.ok("logs", "migration")


@pytest.mark.slow
def test_a_component_s_log_is_followed(landing: Landing) -> None:
    """To a line that was not there when the follow began: of a run that did not exist then."""
    with started(landing, "logs", "scheduler", "-F") as logs, ThreadPoolExecutor() as pool:
        assert logs.stdout
        assert logs.stdout.readline()
        run = landing.data("run", "smoke")["run"]
        seen = pool.submit(lambda: any(run in line for line in logs.stdout or ()))
        try:
            assert seen.result(timeout=60)
            logs.send_signal(signal.SIGINT)
            assert logs.wait(30) == 130
        finally:
            logs.kill()


@pytest.mark.slow
def test_a_task_that_is_not_mapped_has_no_index(landing: Landing) -> None:
    landing.ok("run", "smoke")
    done = landing.airstrip("logs", "smoke", "hello", "--map", "3")
    assert done.returncode == 2
    assert "logs.not-mapped" in done.stderr
