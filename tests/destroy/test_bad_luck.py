"""`up` that is killed, interrupted or run twice, and a node that dies: the next `up` mends it, and nothing is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.landing import ROOT, Landing, eventually

STAGES = ("secrets", "settings", "foundation", "database", "migration", "airflow")
SEED = 20261121
UNREACHABLE = "localhost:1/airstrip/absent@sha256:" + "0" * 64
"""Its registry does not answer: that is waited for."""


@contextmanager
def running_up(landing: Landing) -> Iterator[subprocess.Popen[str]]:
    """An `up` in a process group of its own; killed at the end if it still runs."""
    argv = [str(ROOT / "airstrip"), "up", "--yes", "--json", "-f", str(landing.file)]
    with subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def await_event(process: subprocess.Popen[str], event: str, step: str) -> None:
    """Reads what `up` tells until it tells this; the test fails when it ends before."""
    assert process.stderr is not None
    for line in process.stderr:
        if not line.startswith("{"):
            continue
        told = json.loads(line)
        if (told["event"], told.get("step")) == (event, step):
            return
    pytest.fail(f"`up` ended before {event} of {step}")


def kill_after_its_next_new_step(landing: Landing, known: list[tuple[str, str]]) -> bool:
    """Notes the step, by code and title; False where `up` got to its end without one.

    Which steps there are, `up` itself tells. A build that it finds in the cache is none.
    """
    with running_up(landing) as process:
        assert process.stderr is not None
        for line in process.stderr:
            told = json.loads(line) if line.startswith("{") else {}
            step = (told.get("step", ""), told.get("title", ""))
            if told.get("event") == "step.finished" and told["note"] != "cached" and step not in known:
                known.append(step)
                os.killpg(process.pid, signal.SIGKILL)
                return True
        assert process.wait(60) == 0
    return False


def test_two_ups_at_once_and_ctrl_c_in_a_wait(landing: Landing) -> None:
    """The second is told of the first; the first ends at Ctrl-C with 130, and the next `up` mends what it left."""
    landing.write_file(f"image: {{ref: '{UNREACHABLE}'}}\n")
    with running_up(landing) as first:
        await_event(first, "step.started", "apply.migration")
        second = landing.airstrip("up", "--yes", "--json")
        assert second.returncode == 1
        (error,) = json.loads(second.stdout)["errors"]
        assert error["code"] == "lock.held"
        assert str(first.pid) in error["message"] + error["cause"]
        os.killpg(first.pid, signal.SIGINT)
        out, _ = first.communicate(timeout=30)
        assert first.returncode == 130
        assert json.loads(out)["exitCode"] == 130
    landing.write_file()
    landing.ok("up", "--yes")
    landing.ok("run", "smoke")


def test_everything_killed_at_once_keeps_the_data(landing: Landing) -> None:
    run = landing.data("run", "smoke")["run"]
    os.kill(landing.data("node", "status")["pid"], signal.SIGKILL)
    eventually(lambda: landing.airstrip("status").returncode == 3, seconds=30, what="the node is gone")
    landing.ok("up", "--yes")
    assert run in [row["run"] for row in landing.data("status")["runs"]]
    landing.ok("run", "smoke")


# For two starts of the node.
@pytest.mark.slow
def test_another_port_that_is_taken_is_planned_and_the_next_one_is_landed(landing: Landing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        landing.write_file(f"target: {{local: {{port: {port}}}}}\n")
        (place, *_) = landing.data("plan")["stages"]
        assert f"on port {port}" in place["commands"][0]
        done = landing.airstrip("up", "--yes", "--json")
    assert done.returncode == 0, done.stdout
    events = [json.loads(line) for line in done.stderr.splitlines()]
    (warning,) = [event for event in events if event.get("code") == "node.port-taken"]
    assert f"port {port} is taken" in warning["message"]
    landed = int(json.loads(done.stdout)["data"]["url"].rpartition(":")[2])
    assert port < landed <= port + 100
    landing.ok("run", "smoke")
    assert landing.data("plan")["changed"] is False
    landing.write_file()


def test_up_killed_after_each_of_its_steps_is_completed_by_the_next(landing: Landing) -> None:
    landing.ok("down", "--data", "--yes")
    # The image store outlives `down --data`; emptied, the import is a step again.
    landing.ok("node", "prune", "--yes")
    known: list[tuple[str, str]] = []
    while kill_after_its_next_new_step(landing, known):
        pass
    codes = [code for code, _ in known]
    assert codes[:2] == ["node.start", "place.objects"]
    assert codes.count("node.import") == 2
    assert [code for code in codes if code.startswith("apply.")] == [f"apply.{stage}" for stage in STAGES]
    assert codes[-1] == "airflow.ready"
    landing.ok("run", "smoke")
    assert landing.data("plan")["changed"] is False


# The last of the steps; the others are killed after each time.
@pytest.mark.slow
def test_up_killed_after_it_pruned_is_completed_by_the_next(landing: Landing) -> None:
    """It is no step of a first landing: a changed setting makes another ConfigMap, and the old one goes."""
    landing.ok("up", "--yes")
    landing.write_file("airflow: {env: {AIRPORT: JFK}}\n")
    removed = [change for stage in landing.data("plan")["stages"] for change in stage["changes"]][-1]
    assert (removed["action"], removed["kind"]) == ("remove", "ConfigMap")
    with running_up(landing) as process:
        await_event(process, "step.finished", "apply.prune")
        os.killpg(process.pid, signal.SIGKILL)
    landing.ok("up", "--yes")
    assert landing.data("plan")["changed"] is False
    landing.ok("run", "smoke")
    landing.write_file()


def test_up_killed_at_any_moment_is_completed_by_the_next(landing: Landing) -> None:
    landing.ok("down", "--data", "--yes")
    moment = random.Random(SEED).uniform(1, 15)
    broken = landing.dags / "broken.py"
    broken.write_text("from airflow.sdk import dag\nimport no_such_module_at_all\n")
    with running_up(landing) as process:
        time.sleep(moment)
        assert process.poll() is None, f"`up` had ended by itself, with {process.returncode}, after {moment:.1f} s"
        os.killpg(process.pid, signal.SIGKILL)
    # Airflow has read nothing before, or very little.
    (finding,) = json.loads(landing.ok("up", "--yes", "--force", "--json"))["findings"]
    assert "broken.py" in finding["symptom"]
    assert "no_such_module_at_all" in finding["symptom"]
    broken.unlink()
    landing.ok("run", "smoke")
