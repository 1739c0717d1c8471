"""What is live against what the servers have, as `verify` proves it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.airflow_api import Dag
from airstrip.operations.properties import from_git
from airstrip.operations.properties.scene import Scene
from airstrip.spec import Dags, GitBundle, GitSync, Namespaces

HEAD, OLD = "a" * 40, "b" * 40


def dag(name: str, version: str | None, bundle_name: str = "main", last_parsed: str | None = None) -> Dag:
    return Dag(name, False, False, bundle_name, "a.py", None, (), False, version=version, last_parsed=last_parsed)


@dataclass
class Remote:
    """A scene in which a task's pod was told `heads`, and `later` when it asked again; Airflow has DAGs of `versions`,
    one after the other."""

    heads: dict[str, dict[str, str]]
    versions: list[list[str]]
    later: dict[str, dict[str, str]] | None = None
    asked: int = 0
    said: list[str] = field(default_factory=list)
    sync: GitSync | None = None
    parsed: dict[int, str] = field(default_factory=dict)
    """When DAGs were read, all of one file."""
    bundles: tuple[str, ...] = ("main",)
    broken: str = ""

    @property
    def session(self) -> Any:
        base = {"repo": "https://h/r", "ref": "main", "path": "", "refresh": 10, "username": "git"}
        spec = SimpleNamespace(
            name="mine",
            namespaces=Namespaces(control="mine", workers="mine"),
            dags=Dags(git=tuple(GitBundle(name=name, sync=self.sync, **base) for name in self.bundles)),
        )
        # No pod of the dag-processor runs.
        return SimpleNamespace(spec=spec, cluster=SimpleNamespace(list=lambda *_, **__: []))

    @property
    def airflow(self) -> Any:
        def dags() -> list[Any]:
            now = self.versions[min(self.asked, len(self.versions) - 1)]
            self.asked += 1
            own = [dag("smoke", None, bundle_name="airstrip")]
            return own + [dag(f"d{n}", v, last_parsed=self.parsed.get(n)) for n, v in enumerate(now)]

        errors = [SimpleNamespace(bundle_name=self.broken, filename="daily.py")] if self.broken else []
        return SimpleNamespace(dags=dags, import_errors=lambda: errors)

    def returned(self, dag: str, task: str) -> dict[str, Any]:
        assert (dag, task) == ("airstrip_verify_git", "heads")
        return self.heads

    def run_again(self, dag: str) -> None:
        self.heads = self.later or self.heads

    def say(self, text: str) -> None:
        self.said.append(text)


def outcome(
    heads: dict[str, dict[str, str]], *versions: list[str], later: dict[str, dict[str, str]] | None = None
) -> Any:
    return from_git.from_git(cast(Scene, Remote(heads, list(versions), later)))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_git, "_PARSED_SECONDS", -9.8)
    monkeypatch.setattr(from_git, "_POLL_SECONDS", 0.01)


def test_what_is_live_is_the_head() -> None:
    found = outcome({"main": {"commit": HEAD}}, [HEAD, HEAD])
    assert found.state == "proved"
    assert "main is at aaaaaaaaaa" in found.text


def test_a_file_that_is_not_read_again_yet_is_waited_for() -> None:
    assert outcome({"main": {"commit": HEAD}}, [OLD, HEAD], [HEAD, HEAD]).state == "proved"


def test_a_dag_that_was_renamed_in_its_file_is_not_behind() -> None:
    """Airflow has the former name, of the former commit, for a minute or two."""
    parsed = {0: "2026-11-21T10:00:00Z", 1: "2026-11-21T10:01:00Z"}
    remote = Remote({"main": {"commit": HEAD}}, [[OLD, HEAD]], parsed=parsed)
    assert from_git.from_git(cast(Scene, remote)).state == "proved"


def test_a_dag_of_another_commit_fails() -> None:
    found = outcome({"main": {"commit": HEAD}}, [OLD, HEAD])
    assert found.state == "failed"
    assert found.finding.code == "verify.dags"
    assert "commit bbbbbbbbbb, and the server is at aaaaaaaaaa" in found.text
    assert f"d0: {OLD}" in found.finding.evidence


def test_what_was_pushed_since_the_server_was_asked_is_live() -> None:
    found = outcome({"main": {"commit": OLD}}, [HEAD, HEAD], later={"main": {"commit": HEAD}})
    assert found.state == "proved"
    assert "main is at aaaaaaaaaa" in found.text


def test_a_push_that_is_half_read_is_no_failure() -> None:
    assert outcome({"main": {"commit": OLD}}, [HEAD, OLD], later={"main": {"commit": HEAD}}).state == "proved"


def test_a_server_that_is_away_when_it_is_asked_again_proves_nothing_new() -> None:
    found = outcome({"main": {"commit": OLD}}, [HEAD], later={"main": {"error": "no answer within 20 s"}})
    assert found.state == "failed"


def test_a_server_that_lets_no_pod_in_fails_with_its_words() -> None:
    found = outcome({"main": {"error": "Authentication failed"}}, [HEAD])
    assert (found.state, found.finding.evidence) == ("failed", "Authentication failed")


def test_a_repository_without_dags_proves_nothing() -> None:
    assert outcome({"main": {"commit": HEAD}}, []).state == "not-applicable"


def test_a_repository_of_which_no_file_can_be_imported_has_failed() -> None:
    found = from_git.from_git(cast(Scene, Remote({"main": {"commit": HEAD}}, [[]], broken="main")))
    assert (found.state, "daily.py cannot be imported" in found.text) == ("failed", True)
    # Of another bundle, and beside DAGs that are there, it is doctor's.
    heads = {"main": {"commit": HEAD}}
    assert from_git.from_git(cast(Scene, Remote(heads, [[HEAD]], broken="main"))).state == "proved"
    assert from_git.from_git(cast(Scene, Remote(heads, [[]], broken="airstrip"))).state == "not-applicable"


def test_a_bundle_that_shows_nothing_beside_one_that_does_is_said() -> None:
    both = {"main": {"commit": HEAD}, "empty": {"commit": OLD}}
    found = from_git.from_git(cast(Scene, Remote(both, [[HEAD]], bundles=("main", "empty"))))
    assert (found.state, found.limits) == ("proved", ("the bundle empty has no DAG, which would show its commit",))


def test_git_sync_that_does_not_run_fails() -> None:
    found = from_git.from_git(cast(Scene, Remote({}, [[HEAD]], sync=GitSync())))
    assert found.finding is not None
    assert (found.state, found.finding.evidence) == ("failed", "no pod of the dag-processor runs")
    assert "./airstrip logs git-sync" in found.finding.fix
