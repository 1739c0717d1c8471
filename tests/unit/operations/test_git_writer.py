"""The pod of a proof by a push, as this side of it is: what it waits for, and what does not hinder it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import KubernetesError, WaitTimeout
from airstrip.operations.properties import git_writer
from airstrip.operations.properties.git_writer import GitWriter
from airstrip.operations.session import Session
from airstrip.spec import GitBundle, GitSync

AWAY = KubernetesError("kubernetes.unreachable", "no answer")
REMOVED = '{"airstrip": "removed", "commit": "b"}'


class Cluster:
    """Answers with each of `logs` in turn, then with the last."""

    def __init__(self, logs: Sequence[str | KubernetesError]) -> None:
        self.logs = list(logs)
        self.waited = 0.0
        self.transport = self

    def get(self, *_: str) -> dict[str, Any]:
        return {"status": {"phase": "Running"}}

    def request(self, *_: Any, **__: Any) -> SimpleNamespace:
        found = self.logs.pop(0) if len(self.logs) > 1 else self.logs[0]
        if isinstance(found, KubernetesError):
            raise found
        return SimpleNamespace(text=found)

    def delete(self, *_: str, wait: float) -> None:
        self.waited = wait
        raise WaitTimeout("kubernetes.not-gone", "it is still there")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_writer, "_POLL_SECONDS", 0.01)


def writer(*logs: str | KubernetesError) -> tuple[GitWriter, Cluster]:
    cluster = Cluster(logs)
    session = SimpleNamespace(cluster=cluster, spec=SimpleNamespace(namespaces=SimpleNamespace(control="control")))
    repo = GitBundle(name="main", repo="https://h/d", ref="main", path="", refresh=10, username="git", sync=GitSync())
    return GitWriter(cast(Session, session), "0123abcd", repo, 30.0), cluster


def test_an_api_server_that_is_away_for_a_moment_loses_nothing() -> None:
    said = writer("", AWAY, REMOVED)[0].await_line("removed", "left")
    assert said.fields["commit"] == "b"


def test_one_that_stays_away_is_told() -> None:
    with pytest.raises(KubernetesError):
        writer(AWAY)[0].await_line("removed", within=0.05)


def test_it_is_looked_at_once_even_where_the_time_is_over() -> None:
    over, _ = writer(REMOVED)
    over.deadline = time.monotonic() - 1
    assert over.await_line("removed").fields["commit"] == "b"
    silent, _ = writer("")
    silent.deadline = time.monotonic() - 1
    with pytest.raises(WaitTimeout) as raised:
        silent.await_line("removed")
    assert raised.value.code == "verify.git-silent"


def test_one_that_does_not_go_hides_no_error_and_has_more_than_its_own_time() -> None:
    left, cluster = writer(REMOVED)
    left.delete()
    assert cluster.waited > git_writer._END_SECONDS
