"""Pushed DAGs on the landing: seen in time, atomic, refused where broken, gone back from, in a real volume."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirflowError
from airstrip.operations import Session
from airstrip.paths import state_dir
from tests.landing import NAME, ROOT, Landing, eventually

DAGS = Path(__file__).parent / "dags"
WORDED = (DAGS / "worded.py").read_text()
IN_POD = ("in_pod.py", "said.py")
SIGN = "airstrip_test_go"
SEEN_SECONDS = 15.0


@dataclass(frozen=True)
class Pushed:
    """The landing with `dags.volume`, and the folder that is pushed."""

    landing: Landing
    folder: Path

    def write(self, word: str) -> None:
        (self.folder / "worded.py").write_text(WORDED.replace("FIRST", word))
        (self.folder / "word.txt").write_text(word)

    def push(self, word: str) -> dict[str, Any]:
        self.write(word)
        return self.landing.data("dags", "push", "-m", word)

    def live(self) -> str:
        return str(self.landing.data("dags", "history")["live"])


@pytest.fixture(scope="module")
def pushed(landing: Landing) -> Pushed:
    """`up` pushes the first revision."""
    folder = landing.folder / "pushed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    found = Pushed(landing, folder)
    found.write("FIRST")
    landing.file.write_text(
        f"apiVersion: airstrip/v1\nname: {NAME}\nprojects: {{reader: {{}}}}\n"
        "dags: {volume: {path: pushed, keep: 3}}\n"
    )
    landing.ok("up", "--yes")
    return found


@pytest.fixture
def sign(airflow: AirflowClient) -> Iterator[None]:
    airflow.values.delete_variable(SIGN)
    yield
    airflow.values.delete_variable(SIGN)


def words(airflow: AirflowClient, run_id: str, dag: str = "worded", task: str = "say") -> set[str]:
    """What the task printed; nothing before it began."""
    with suppress(AirflowError):
        events = [record.event for record in airflow.task_log(dag, run_id, task).records]
        return set(re.findall(r"the word is (\w+)", "\n".join(events)))
    return set()


def description(airflow: AirflowClient) -> str | None:
    return next((dag.description for dag in airflow.dags() if dag.dag_id == "worded"), None)


def test_up_pushed_the_folder_and_a_push_is_seen_in_time(pushed: Pushed, airflow: AirflowClient) -> None:
    assert description(airflow) == "FIRST"
    assert pushed.landing.data("plan")["changed"] is False
    done = pushed.push("SECOND")
    assert done["seenSeconds"] is not None
    assert done["seenSeconds"] < SEEN_SECONDS
    assert description(airflow) == "SECOND"
    (row,) = (row for row in pushed.landing.data("dags", "list")["dags"] if row["dag"] == "worded")
    assert row["version"] == done["revision"]
    assert pushed.landing.data("dags", "push")["changed"] is False


def test_a_task_keeps_its_files_while_others_are_pushed(pushed: Pushed, airflow: AirflowClient, sign: None) -> None:
    pushed.push("BEFORE")
    airflow.unpause("worded")
    run = airflow.trigger("worded")
    eventually(lambda: words(airflow, run.run_id) == {"BEFORE"}, seconds=90, what="the task is at work")
    pushed.push("AFTER")
    airflow.values.add_variable(SIGN, "go")
    eventually(lambda: airflow.dag_run("worded", run.run_id).ended, seconds=60, what="the run ends")
    assert airflow.values.returned("worded", run.run_id, "say") == "BEFORE"


def test_a_pod_of_a_task_sees_the_files_that_its_run_began_with(
    pushed: Pushed, airflow: AirflowClient, sign: None
) -> None:
    """At /opt/airflow/dags, as of a folder."""
    for name in IN_POD:
        shutil.copy(DAGS / name, pushed.folder)
    try:
        pushed.push("BEFORE")
        run = airflow.trigger("in_pod")
        begun = {"BEFORE"}
        eventually(lambda: words(airflow, run.run_id, "in_pod", "begin") == begun, seconds=90, what="it is at work")
        pushed.push("AFTER")
        airflow.values.add_variable(SIGN, "go")
        eventually(lambda: airflow.dag_run("in_pod", run.run_id).ended, seconds=150, what="the run ends")
        assert words(airflow, run.run_id, "in_pod", "pod") == {"BEFORE"}
        assert airflow.dag_run("in_pod", run.run_id).state == "success"
    finally:
        for name in IN_POD:
            (pushed.folder / name).unlink()


def test_back_to_what_was_live_and_what_differs(pushed: Pushed, airflow: AirflowClient) -> None:
    first, second = pushed.push("GOOD"), pushed.push("WRONG")
    done = pushed.landing.data("dags", "rollback")
    assert (done["revision"], done["before"]) == (first["revision"], second["revision"])
    assert done["seenSeconds"] < SEEN_SECONDS
    assert description(airflow) == "GOOD"
    difference = pushed.landing.airstrip("dags", "diff", "--exit-code")
    assert difference.returncode == 3
    assert "-GOOD\n" in difference.stdout
    assert "+WRONG\n" in difference.stdout
    rows = pushed.landing.data("dags", "history")["revisions"]
    assert [(row["how"], row["message"], row["live"]) for row in rows[-3:]] == [
        ("push", "GOOD", False),
        ("push", "WRONG", False),
        ("rollback", "", True),
    ]
    (proof,) = pushed.landing.data("verify", "--only", "dags")["properties"]
    assert proof["state"] == "proved"
    assert first["revision"][:12] in proof["text"]


def test_a_plan_tells_the_files_that_up_would_push_and_leaves_all_as_it_was(pushed: Pushed, session: Session) -> None:
    live, new = pushed.push("LIVE")["revision"], pushed.folder / "new.py"
    pushed.write("PLANNED")
    new.write_text("A = 1\n")
    jobs = session.cluster.list("batch/v1", "Job", session.spec.namespaces.control)
    try:
        dags = pushed.landing.data("plan")["dags"]
    finally:
        new.unlink()
    assert (dags["ways"], dags["rolls"]) == ([], [])
    assert dags["delivered"]["before"] == live
    assert dags["delivered"]["files"] == [
        {"file": "new.py", "change": "added"},
        {"file": "word.txt", "change": "changed"},
        {"file": "worded.py", "change": "changed"},
    ]
    assert session.cluster.list("batch/v1", "Job", session.spec.namespaces.control) == jobs
    assert pushed.live() == live
    pushed.write("LIVE")
    assert pushed.landing.data("plan")["dags"] is None
    # Another way: where the DAGs come from then, and who rolls for it.
    written = pushed.landing.file.read_text()
    pushed.landing.file.write_text(written.replace("{volume: {path: pushed, keep: 3}}", "{path: pushed}"))
    try:
        other = pushed.landing.data("plan")["dags"]
    finally:
        pushed.landing.file.write_text(written)
    assert other["ways"] == [{"bundle": "main", "before": "what was pushed", "after": "a folder"}]
    assert {"dag-processor", "scheduler"} <= set(other["rolls"])


def test_a_broken_file_is_refused(pushed: Pushed) -> None:
    live, broken = pushed.live(), pushed.folder / "broken.py"
    broken.write_text("from airflow.sdk import dag\nimport no_such_module_at_all\n")
    try:
        done = pushed.landing.airstrip("dags", "push", "--json")
    finally:
        broken.unlink()
    assert done.returncode == 3
    (error,) = json.loads(done.stdout)["errors"]
    assert error["code"] == "dags.broken"
    assert "broken.py:2" in error["details"]
    assert pushed.live() == live


def test_a_push_that_is_killed_leaves_the_old_one_live_and_the_next_mends(pushed: Pushed, session: Session) -> None:
    live = pushed.live()
    ballast = pushed.folder / "ballast.bin"
    ballast.write_bytes(os.urandom(60_000_000))
    try:
        killed_while_it_sends(pushed)
    finally:
        ballast.unlink()
    assert pushed.live() == live
    assert pushed.push("MENDED")["changed"] is True
    volume = state_dir(NAME) / "volumes" / "pushed-dags"
    assert list((volume / "incoming").iterdir()) == []
    assert len(list((volume / "revisions").iterdir())) <= 3
    control = session.spec.namespaces.control
    eventually(
        lambda: not session.cluster.list("batch/v1", "Job", control, label_selector="airstrip.dev/dags-writer"),
        seconds=30,
        what="no Job of a push is left",
    )


def killed_while_it_sends(pushed: Pushed) -> None:
    """By kill -9, with all that it started."""
    words = [str(ROOT / "airstrip"), "dags", "push", "--force", "-f", str(pushed.landing.file)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:
        assert run.stderr
        for line in run.stderr:
            if line.startswith("Push DAG files"):
                break
        time.sleep(0.3)
        assert run.poll() is None, "it ended before it could be killed"
        os.killpg(run.pid, signal.SIGKILL)


def test_two_at_once_and_the_other_ways_are_refused_in_words(pushed: Pushed) -> None:
    words = [str(ROOT / "airstrip"), "dags", "push", "-f", str(pushed.landing.file), "--json"]
    pushed.write("TWICE")
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)]
    documents = [json.loads(run.communicate(timeout=300)[0]) for run in both]
    codes = [error["code"] for document in documents for error in document["errors"]]
    assert codes in ([], ["lock.held"]), "one after the other, or one is told"
    assert any(document["ok"] and document["data"]["changed"] for document in documents)
    (pushed.folder / "away").symlink_to("/etc/hostname")
    try:
        done = pushed.landing.airstrip("dags", "push", "--json")
    finally:
        (pushed.folder / "away").unlink()
    assert (done.returncode, json.loads(done.stdout)["errors"][0]["code"]) == (2, "dags.not-sendable")
