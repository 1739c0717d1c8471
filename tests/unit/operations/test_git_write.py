"""A proof by a push: which branch it may be of, and what is concluded."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import AirflowError, AirstripError, UsageError, WaitTimeout
from airstrip.operations.properties import git_write
from airstrip.operations.properties.git_branch import GitWrite, find_git_write
from airstrip.operations.properties.git_writer import Said
from airstrip.operations.properties.scene import Scene
from airstrip.spec import Dags, GitBundle, GitSync, Spec

MADE = "team/dags/airstrip_verify_0123abcd.py"


def bundle(name: str = "main", ref: str = "main", **other: Any) -> GitBundle:
    base = {"repo": "https://git.example.com/dags.git", "path": "", "refresh": 10, "username": "git"}
    return GitBundle(name=name, ref=ref, **{**base, **other})


def spec_of(*bundles: GitBundle) -> Spec:
    return cast(Spec, SimpleNamespace(name="mine", dags=Dags(git=bundles)))


@pytest.mark.parametrize(
    ("bundles", "named", "found"),
    [
        ([bundle()], "main", "main"),
        ([bundle(ref="HEAD")], "main", "main"),
        ([bundle(), bundle("other", "prod")], "prod", "other"),
        ([bundle(), bundle("other")], "other:main", "other"),
        ([bundle(ref="HEAD"), bundle("other")], "main", "other"),
        ([bundle(ref="release/2")], "release/2", "main"),
    ],
)
def test_the_bundle_that_follows_a_branch_is_found(bundles: Sequence[GitBundle], named: str, found: str) -> None:
    write = find_git_write(spec_of(*bundles), named)
    assert (write.bundle.name, write.branch) == (found, named.rpartition(":")[2])


@pytest.mark.parametrize(
    ("bundles", "named", "code", "word"),
    [
        ([], "main", "verify.git-other-branch", "do not come from git"),
        ([bundle(ref="prod")], "main", "verify.git-other-branch", "main: prod"),
        ([bundle(ref="refs/tags/v1")], "refs/tags/v1", "verify.git-other-branch", "a tag or a commit takes no push"),
        ([bundle(ref="a" * 40)], "a" * 40, "verify.git-other-branch", "a tag or a commit takes no push"),
        ([bundle()], "none:main", "verify.git-other-branch", "no bundle none"),
        ([bundle(), bundle("other")], "main", "verify.git-which", "--git-write main:main"),
    ],
)
def test_what_names_no_branch_that_is_followed_is_refused(
    bundles: Sequence[GitBundle], named: str, code: str, word: str
) -> None:
    with pytest.raises(UsageError) as raised:
        find_git_write(spec_of(*bundles), named)
    assert raised.value.code == code
    assert word in f"{raised.value.message} {raised.value.cause} {raised.value.fix}"


class Writer:
    """A pod that pushes, and says so at once."""

    def __init__(self, said: Sequence[dict[str, Any]]) -> None:
        self.said = list(said)
        self.done: list[str] = []

    def start(self, branch: str, path: str, text: str) -> None:
        compile(text, path, "exec")
        self.done.append(f"{branch} {path}")

    def await_line(self, *kinds: str, within: float = math.inf) -> Said:
        if not self.said:
            raise WaitTimeout("verify.git-silent", "the pod did not say what became of its push")
        found = self.said.pop(0)
        assert found["airstrip"] in kinds
        return Said(found, time.monotonic())

    def go_on(self) -> None:
        self.done.append("go on")

    def delete(self) -> None:
        self.done.append("deleted")


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, Any, Writer]]:
    """By what the pod says, and by how often Airflow knows the DAG when it is asked."""
    monkeypatch.setattr(git_write, "_POLL_SECONDS", 0.01)

    def prove(
        said: Sequence[dict[str, Any]], *known: bool | BaseException, refresh: int = 10
    ) -> tuple[Any, Any, Writer]:
        looks, writer = iter(known), Writer(said)
        dag = SimpleNamespace(dag_id="airstrip_verify_0123abcd", version="f" * 40)

        def dags() -> list[Any]:
            found = next(looks, known[-1])
            if isinstance(found, BaseException):
                raise found
            return [dag] if found else []

        scene = SimpleNamespace(
            name="airstrip_verify_0123abcd",
            mark="0123abcd",
            session=None,
            say=lambda _: None,
            pushed=None,
            airflow=SimpleNamespace(dags=dags),
        )
        monkeypatch.setattr(git_write, "GitWriter", lambda *_: writer)
        write = GitWrite(bundle(path="team/dags", refresh=refresh, sync=GitSync()), "main")
        try:
            return git_write.by_push(cast(Scene, scene), write), scene, writer
        except (AirstripError, KeyboardInterrupt) as error:
            return error, scene, writer

    return prove


ADDED, REMOVED = ({"airstrip": what, "commit": digit * 40} for what, digit in (("added", "a"), ("removed", "b")))


def test_a_push_that_is_seen_and_gone_is_proved(proved: Callable[..., tuple[Any, Any, Writer]]) -> None:
    outcome, scene, writer = proved([ADDED, REMOVED], False, True, True, False)
    assert outcome.state == "proved"
    assert "as commit aaaaaaaaaa, was seen after 0 s and gone 0 s after the next push" in outcome.text
    assert writer.done == [f"main {MADE}", "go on", "deleted"]
    assert {key: scene.pushed[key] for key in ("bundle", "branch", "added", "removed")} == {
        "bundle": "main",
        "branch": "main",
        "added": "a" * 40,
        "removed": "b" * 40,
    }


@pytest.mark.parametrize(("known", "word"), [(False, "was not seen"), (True, "is still there")])
def test_what_takes_longer_than_promised_has_failed_and_the_file_goes(
    proved: Callable[..., tuple[Any, Any, Writer]], known: bool, word: str
) -> None:
    outcome, scene, writer = proved([ADDED, REMOVED], known, refresh=-20)
    assert outcome.state == "failed"
    assert word in outcome.text
    assert outcome.finding.fix == "Read its log: ./airstrip logs git-sync"
    assert writer.done[-2:] == ["go on", "deleted"]
    assert scene.pushed["removed"] == "b" * 40


def test_a_file_that_could_not_be_taken_away_is_told_with_the_command(
    proved: Callable[..., tuple[Any, Any, Writer]],
) -> None:
    error, scene, writer = proved([ADDED, {"airstrip": "left", "message": "fatal: unable to access"}], True)
    assert error.code == "verify.git-left"
    assert (scene.pushed["added"], scene.pushed["removed"], scene.pushed["path"]) == ("a" * 40, None, MADE)
    assert error.fix.endswith(f"git rm {MADE}")
    assert writer.done[-1] == "deleted"


AWAY = AirflowError("airflow.unreachable", "Airflow does not answer")
OTHER = AirflowError("airflow.refused", "Airflow refuses")


def test_an_airflow_that_is_away_for_a_moment_is_waited_for(proved: Callable[..., tuple[Any, Any, Writer]]) -> None:
    outcome, _, _ = proved([ADDED, REMOVED], AWAY, False, True, AWAY, True, False)
    assert outcome.state == "proved"


@pytest.mark.parametrize(("ends", "refresh"), [(AWAY, -20), (OTHER, 10), (KeyboardInterrupt(), 10)])
def test_what_ends_the_proof_in_its_midst_loses_no_commit(
    proved: Callable[..., tuple[Any, Any, Writer]], ends: BaseException, refresh: int
) -> None:
    error, scene, writer = proved([ADDED, REMOVED], ends, refresh=refresh)
    assert error is ends
    assert writer.done[-2:] == ["go on", "deleted"]
    assert (scene.pushed["added"], scene.pushed["removed"]) == ("a" * 40, "b" * 40)


@pytest.mark.parametrize("last", [[{"airstrip": "left", "message": "fatal: unable to access"}], []])
def test_what_ends_the_proof_is_told_beneath_a_file_that_may_be_left(
    proved: Callable[..., tuple[Any, Any, Writer]], last: list[dict[str, Any]]
) -> None:
    error, scene, _ = proved([ADDED, *last], OTHER)
    assert error.code == "verify.git-left"
    assert "Airflow refuses" in error.details
    assert scene.pushed["removed"] is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"airstrip": "refused", "message": "ERROR: The key has been marked as read only."}, "verify.git-read-only"),
        (
            {"airstrip": "refused", "message": "! [remote rejected] (protected branch hook declined)"},
            "verify.git-refused",
        ),
        ({"airstrip": "other-branch", "message": "trunk"}, "verify.git-other-branch"),
        ({"airstrip": "unread", "message": "fatal: unable to access"}, "verify.git-no-push"),
        ({"airstrip": "removed", "commit": "b" * 40}, "verify.git-no-answer"),
        ({"airstrip": "removed", "commit": None}, "verify.git-no-answer"),
        ({"airstrip": "left", "message": "fatal: unable to access"}, "verify.git-left"),
    ],
)
def test_what_hinders_the_push_is_told_by_its_cause(
    proved: Callable[..., tuple[Any, Any, Writer]], said: dict[str, Any], code: str
) -> None:
    error, scene, writer = proved([said], False)
    assert error.code == code
    assert scene.pushed is None
    assert writer.done[-1] == "deleted"
