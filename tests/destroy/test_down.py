"""`down` keeps the data, `up` finds it again, `down --data` leaves nothing behind.

In the order of the file: each takes away more of the shared landing, and nothing may follow these tests.
"""

from __future__ import annotations

import json

from airstrip.operations import Session
from airstrip.paths import lock_file, run_dir, state_dir
from tests.landing import NAME, Landing


def test_down_and_up_keep_runs_and_password(landing: Landing, session: Session) -> None:
    password = landing.ok("open", "--password")
    run = landing.data("run", "smoke")
    landing.ok("down")
    stopped = landing.airstrip("status", "--json")
    assert stopped.returncode == 3
    assert json.loads(stopped.stdout)["data"]["state"] == "stopped"
    seen = landing.airstrip("doctor", "--json")
    assert [finding["code"] for finding in json.loads(seen.stdout)["findings"]] == ["deployment.not-running"]
    landing.ok("up", "--yes")
    assert landing.ok("open", "--password") == password
    assert run["run"] in [row["run"] for row in landing.data("status")["runs"]]
    session.close()  # it connects anew to what `up` brought back
    for task, lines in run["logs"].items():
        assert lines
        assert landing.ok("logs", "smoke", task, "--run", run["run"]).splitlines() == lines
        # Where the UI reads it, with no pod of the run left.
        assert session.cluster.list("v1", "Pod", f"{NAME}-workers") == []
        told = session.airflow.task_log("smoke", run["run"], task)
        assert [line for record in told.records for line in record.lines()] == lines


def test_down_with_data_deletes_the_cluster_and_its_volumes(landing: Landing) -> None:
    landing.ok("down", "--data", "--yes")
    for name in ("etcd", "volumes"):
        assert not (state_dir(NAME) / name).exists()
    assert landing.dags.is_dir()


def test_node_prune_leaves_nothing(landing: Landing) -> None:
    landing.ok("node", "prune", "--everything", "--yes")
    assert not state_dir(NAME).exists()
    assert not run_dir(NAME).exists()
    assert not lock_file(NAME).exists()


def test_down_twice_is_no_error(landing: Landing) -> None:
    assert landing.data("down")["wasRunning"] is False
