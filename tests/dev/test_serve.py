"""airstrip dev --serve: Airflow's own UI and scheduler on this machine, until Ctrl-C, and nothing of it after that."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from pathlib import Path

import httpx

from airstrip.airflow_api import AirflowClient
from tests.dev.conftest import Author
from tests.landing import eventually

SECONDS = 180.0
"""On a machine that does other things; a quiet one takes some seconds."""


def test_it_serves_the_dags_until_ctrl_c_and_leaves_nothing(author: Author) -> None:
    with author.start_with_network("dev", "--serve", "--json") as running:
        assert running.stderr is not None
        events = map(json.loads, running.stderr)
        url = next((each["note"] for each in events if ready(each)), None)
        try:
            assert url, running.communicate()[0]
            # By `localhost` a browser may come to another program, on ::1.
            assert url.startswith("http://127.0.0.1:")
            runs_dags(author, url)
            keeps_secrets(author)
            is_alone(author, url)
        finally:
            running.send_signal(signal.SIGINT)
            out, _ = running.communicate(timeout=60)
    assert running.returncode == 130, out
    assert json.loads(out)["errors"][0]["code"] == "usage.interrupted"
    assert at_work(author.project) == []
    left = {file.name for file in (author.project / ".airstrip/authors/dev").iterdir()}
    assert not left & {"projects.json", "served.json"}
    with suppress(httpx.ConnectError):
        raise AssertionError(httpx.get(url))


def ready(event: dict[str, str]) -> bool:
    return (event["event"], event.get("step")) == ("step.finished", "dev.serve")


def runs_dags(author: Author, url: str) -> None:
    """One that is saved meanwhile, too; a project's task has what its pod would have, and others have none of it."""
    password = author.run("dev", "--password").stdout.strip()
    assert password not in (author.project / ".airstrip/authors/dev/logs/api-server.log").read_text()
    text = (author.project / "dags" / "sales.py").read_text()
    with AirflowClient(url, "admin", password) as airflow:
        author.write({"dags/saved.py": text.replace('DAG("sales"', 'DAG("saved"')})
        try:
            known = {"sales", "course", "saved"}
            eventually(lambda: known <= {dag.dag_id for dag in airflow.dags()}, seconds=SECONDS, what="DAGs are seen")
            airflow.unpause("saved")
            run = airflow.trigger("saved")
            eventually(lambda: airflow.dag_run("saved", run.run_id).ended, seconds=SECONDS, what="the run ends")
            said = {task: said_by(airflow, run.run_id, task) for task in ("write", "read")}
            assert airflow.dag_run("saved", run.run_id).state == "success", said
        finally:
            (author.project / "dags" / "saved.py").unlink()
    assert any(line.startswith("within: sales west") and line.endswith(" hush") for line in said["write"]), said
    assert any(line.startswith("outside: None None") for line in said["read"]), said


def keeps_secrets(author: Author) -> None:
    """Of projects: whatever Airflow's processes start sees their environment."""
    environments = [process / "environ" for process in processes(author.project)]
    assert len(environments) > 4
    for file in environments:
        with suppress(OSError):
            assert b"hush" not in file.read_bytes()
    assert (author.project / ".airstrip/authors/dev/projects.json").stat().st_mode & 0o777 == 0o600


def said_by(airflow: AirflowClient, run_id: str, task: str) -> list[str]:
    return [record.event for record in airflow.task_log("saved", run_id, task).records]


def is_alone(author: Author, url: str) -> None:
    """Two schedulers, or one that finds a run of `dev`, would work on the same tasks."""
    for arguments in (("dev", "--serve"), ("dev", "course")):
        done = author.run(*arguments)
        assert done.returncode == 1, done.stdout + done.stderr
        assert f"Airflow is served for authors on this machine: {url}  [dev.serve-runs]" in done.stderr


def at_work(folder: Path) -> list[str]:
    """Command lines of processes in this folder: Airflow's call themselves as they like."""
    found = []
    for process in processes(folder):
        with suppress(OSError):
            found.append((process / "cmdline").read_bytes().decode().replace("\0", " "))
    return found


def processes(folder: Path) -> list[Path]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process)
    return found


def test_what_is_asked_for_together_cannot_be_done(author: Author) -> None:
    both = author.document("dev", "course", "--serve", code=2)["errors"][0]
    neither = author.document("dev", code=2)["errors"][0]
    assert (both["code"], neither["code"]) == ("usage.wrong-command-line", "usage.wrong-command-line")
    assert "./airstrip dev --serve" in neither["fix"]
