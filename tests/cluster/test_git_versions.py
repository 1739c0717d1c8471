"""DAGs of a tag and of one commit, and a run whose commit a forced push took away: with landings of their own."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from airstrip.airflow_api import AirflowClient
from tests.cluster.git_remote import SIGN, Remote, await_live, ended, is_live, served, words
from tests.landing import Landing, eventually

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-the-tests"


@pytest.fixture(scope="module")
def remote(landing: Landing) -> Iterator[Remote]:
    with served(landing, TOKEN) as remote:
        yield remote


@pytest.fixture
def sign(airflow: AirflowClient) -> Iterator[None]:
    airflow.values.delete_variable(SIGN)
    yield
    airflow.values.delete_variable(SIGN)


def tag(remote: Remote, name: str, *, force: bool = False) -> None:
    """Of the head, on the server too."""
    forced = ["--force"] if force else []
    remote.repository.git("tag", *forced, name)
    remote.repository.git("push", "--quiet", *forced, "origin", f"refs/tags/{name}")


def test_a_tag_and_a_commit_are_live_whatever_is_pushed_to_the_branch(
    remote: Remote, airflow: AirflowClient, sign: None
) -> None:
    tagged = remote.push("TAGGED")
    tag(remote, "stable")
    pinned = remote.push("COMMITTED")
    remote.push("LATER")
    remote.write(remote.by_https(branch="", tag="stable"), remote.by_ssh(commit=pinned, refresh="5"))
    remote.landing.ok("up", "--yes")
    await_live(airflow, tagged)
    await_live(airflow, pinned, "pinned_on_ssh")
    remote.push("LATEST")
    time.sleep(30)
    assert is_live(airflow, tagged)
    assert is_live(airflow, pinned, "pinned_on_ssh")
    (row,) = remote.landing.data("verify", "--only", "dags")["properties"]
    assert row["state"] == "proved", row
    assert f"main is at {tagged[:10]}, on-ssh is at {pinned[:10]}" in row["text"]
    airflow.values.add_variable(SIGN, "go")
    for dag_id, word in (("pinned", "TAGGED"), ("pinned_on_ssh", "COMMITTED")):
        run = airflow.trigger(dag_id)
        ended(airflow, run.run_id, "success", dag_id)
        assert words(airflow, run.run_id, "end", dag_id) == {word}


def test_a_tag_that_is_moved_is_followed(remote: Remote, airflow: AirflowClient) -> None:
    moved = remote.push("MOVED")
    tag(remote, "stable", force=True)
    await_live(airflow, moved)


def test_a_run_whose_commit_a_forced_push_took_away_fails_and_why_says_so(
    remote: Remote, airflow: AirflowClient, sign: None
) -> None:
    remote.write_right()
    remote.landing.ok("up", "--yes")
    kept = remote.push("KEPT")
    gone = remote.push("GONE")
    await_live(airflow, gone)
    run = airflow.trigger("pinned")
    eventually(lambda: words(airflow, run.run_id, "begin") == {"GONE"}, seconds=90, what="the first task is at work")
    remote.repository.git("reset", "--quiet", "--hard", kept)
    remote.repository.git("push", "--quiet", "--force", "origin", "HEAD:main")
    await_live(airflow, kept)
    airflow.values.add_variable(SIGN, "go")
    ended(airflow, run.run_id, "failed")
    assert "task.commit-gone" in remote.landing.airstrip("why", "pinned", "end", "--run", run.run_id).stdout
    later = airflow.trigger("pinned")
    ended(airflow, later.run_id, "success")
    assert words(airflow, later.run_id, "end") == {"KEPT"}
