"""Pushes, rollbacks and differences over a real folder of revisions; only the pod and Airflow are stood in for."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.dags.facts import Facts
from airstrip.dags.revisions import Refused
from airstrip.errors import AirstripError, CheckError, UsageError
from airstrip.events import discard
from airstrip.operations import dags_diff, dags_push, dags_revisions, pushed_dags
from airstrip.operations.dags_diff import diff_dags
from airstrip.operations.dags_facts import Processor
from airstrip.operations.dags_push import push_dags
from airstrip.operations.dags_revisions import dags_history, rollback_dags
from airstrip.operations.pushed_dags import LIVE, require_pushed
from airstrip.spec import Spec
from airstrip.spec.resolved import Dags, GitBundle
from tests.unit.dags.making import defined, facts, refused
from tests.unit.operations.pushed_stand_ins import FolderVolume, FreeLease, Pushed, opened

GIT = GitBundle(name="main", repo="https://h/r", ref="HEAD", path="", refresh=10, username="git")
DAG = "from airflow.sdk import DAG\nname = "


@pytest.fixture
def outcome() -> list[Facts]:
    """What the next check says, and how often it was asked: each takes the last."""
    return [facts(defined("d"))]


@pytest.fixture
def pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outcome: list[Facts]) -> Pushed:
    for name in ("dags", "volume"):
        (tmp_path / name).mkdir()
    found = Pushed(tmp_path / "dags", FolderVolume(tmp_path / "volume"))

    def collect(*_: object) -> Facts:
        return outcome[-1]

    for module in (dags_push, dags_revisions, dags_diff):
        monkeypatch.setattr(module, "opened", opened)
    for module in (dags_push, dags_revisions):
        monkeypatch.setattr(module, "Lease", FreeLease)
        monkeypatch.setattr(module, "landed_processor", lambda _: None)
    monkeypatch.setattr(dags_push, "collect", collect)
    write(found, "one")
    return found


def write(pushed: Pushed, text: str, name: str = "a.py") -> None:
    (pushed.folder / name).write_text(f"{DAG}{text!r}\n")


def push(pushed: Pushed, text: str, **more: Any) -> str:
    write(pushed, text)
    return push_dags(pushed.session, None, discard, **more).data["revision"]


def live_text(pushed: Pushed) -> str:
    live = pushed.volume.state().live
    assert live
    return (pushed.volume.root / "revisions" / live / "a.py").read_text().removeprefix(DAG).strip("'\n")


def test_what_is_pushed_is_live_and_in_the_history(pushed: Pushed) -> None:
    push(pushed, "one", message="the first")
    second = push(pushed, "two")
    assert live_text(pushed) == "two"
    data = dags_history(pushed.session, discard).data
    assert [(row["how"], row["message"], row["live"]) for row in data["revisions"]] == [
        ("push", "the first", False),
        ("push", "", True),
    ]
    assert data["live"] == second
    assert pushed.annotations[LIVE] == second


def test_the_same_content_changes_nothing_and_is_not_checked(pushed: Pushed, outcome: list[Facts]) -> None:
    push(pushed, "one")
    outcome.append(facts(refused("NameError: x")))
    again = push_dags(pushed.session, None, discard).data
    assert (again["changed"], pushed.volume.sent, len(pushed.volume.state().history)) == (False, 1, 1)


def test_a_broken_file_is_refused_and_pushed_by_force(pushed: Pushed, outcome: list[Facts]) -> None:
    push(pushed, "one")
    outcome.append(facts(refused("NameError: x")))
    with pytest.raises(CheckError) as raised:
        push(pushed, "two")
    assert (raised.value.code, raised.value.exit_code, live_text(pushed)) == ("dags.broken", 3, "one")
    assert "a.py:3" in raised.value.details
    push(pushed, "two", force=True)
    assert live_text(pushed) == "two"


def test_a_push_that_cannot_be_checked_is_not_made(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pod(*_: object) -> Facts:
        raise AirstripError("dags.no-check-pod", "no pod")

    monkeypatch.setattr(dags_push, "collect", no_pod)
    with pytest.raises(AirstripError, match="no pod"):
        push(pushed, "one")
    assert pushed.volume.state().live is None


def test_what_cannot_be_sent_is_told_before_anything(pushed: Pushed) -> None:
    (pushed.folder / "a").symlink_to("/etc/hostname")
    (pushed.folder / "b").symlink_to("no")
    with pytest.raises(UsageError) as raised:
        push(pushed, "one")
    assert raised.value.code == "dags.not-sendable"
    assert len(raised.value.details.splitlines()) == 2
    assert pushed.volume.sent == 0


def test_rollback_goes_back_along_what_was_live(pushed: Pushed) -> None:
    for text in ("one", "two", "three"):
        push(pushed, text)
    rollback_dags(pushed.session, None, discard)
    assert live_text(pushed) == "two"
    push(pushed, "four")
    for text in ("two", "one"):
        rollback_dags(pushed.session, None, discard)
        assert live_text(pushed) == text
    with pytest.raises(AirstripError) as raised:
        rollback_dags(pushed.session, None, discard)
    assert raised.value.code == "dags.no-earlier"


def test_pushing_the_content_of_before_is_not_a_rollback(pushed: Pushed) -> None:
    for text in ("one", "two", "one"):
        push(pushed, text)
    rollback_dags(pushed.session, None, discard)
    assert live_text(pushed) == "two"


def test_rollback_to_a_name(pushed: Pushed) -> None:
    first = push(pushed, "one")
    push(pushed, "two")
    done = rollback_dags(pushed.session, first[:8], discard, message="why").data
    assert (done["revision"], done["changed"], live_text(pushed)) == (first, True, "one")
    assert rollback_dags(pushed.session, first, discard).data["changed"] is False
    for named, code in (("zz", "dags.unknown-revision"), ("", "dags.no-earlier")):
        with pytest.raises(AirstripError) as raised:
            rollback_dags(pushed.session, named or None, discard)
        assert raised.value.code == code


def test_the_last_ones_are_kept_and_those_of_runs_that_go_on(pushed: Pushed) -> None:
    revisions = [push(pushed, "0")]
    pushed.used = frozenset(revisions)
    revisions += [push(pushed, str(number)) for number in range(1, 6)]
    assert pushed.volume.state().kept == {revisions[0], *revisions[-3:]}
    pushed.used = None
    push(pushed, "away")
    assert len(pushed.volume.state().kept) == 5
    with pytest.raises(UsageError) as raised:
        rollback_dags(pushed.session, revisions[1], discard)
    assert "not kept" in raised.value.cause


def test_diff_is_what_a_push_would_change(pushed: Pushed) -> None:
    (pushed.folder / "gone.py").write_text("old\n")
    (pushed.folder / "data.bin").write_bytes(b"\0one")
    first = push(pushed, "one")
    assert diff_dags(pushed.session, None, None, discard, exit_code=True).exit_code == 0
    (pushed.folder / "gone.py").unlink()
    (pushed.folder / "new.py").write_text("new\n")
    (pushed.folder / "data.bin").write_bytes(b"\0two")
    write(pushed, "two")
    result = diff_dags(pushed.session, None, first[:10], discard, exit_code=True)
    assert result.exit_code == 3
    rows = {row["file"]: row for row in result.data["files"]}
    assert {name: (row["change"], row["added"], row["removed"], row["binary"]) for name, row in rows.items()} == {
        "a.py": ("changed", 1, 1, False),
        "data.bin": ("changed", 0, 0, True),
        "gone.py": ("removed", 0, 1, False),
        "new.py": ("added", 1, 0, False),
    }
    assert rows["a.py"]["diff"] == (
        "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n from airflow.sdk import DAG\n-name = 'one'\n+name = 'two'\n"
    )
    stat = diff_dags(pushed.session, None, None, discard, stat=True)
    assert (stat.exit_code, {row["diff"] for row in stat.data["files"]}) == (0, {None})


def test_a_file_that_vanishes_while_it_is_compared_is_what_it_was(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(pushed, "one")
    swap = pushed.folder / ".a.py.swp"
    swap.write_text("an editor's\n")
    asked = FolderVolume.fingerprints

    def saved_meanwhile(volume: FolderVolume, revision: str) -> dict[str, str]:
        swap.unlink()
        return asked(volume, revision)

    monkeypatch.setattr(FolderVolume, "fingerprints", saved_meanwhile)
    (row,) = diff_dags(pushed.session, None, None, discard).data["files"]
    assert (row["file"], row["change"], row["added"]) == (".a.py.swp", "added", 1)


def test_diff_before_the_first_push(pushed: Pushed) -> None:
    data = diff_dags(pushed.session, None, None, discard).data
    assert (data["revision"], [row["change"] for row in data["files"]]) == (None, ["added"])


def test_the_commit_of_a_work_tree_is_kept(pushed: Pushed) -> None:
    def git(*words: str) -> str:
        named = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        done = subprocess.run(["git", *named, *words], cwd=pushed.folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init")
    assert push_dags(pushed.session, None, discard).data["commit"] is None
    git("add", ".")
    git("commit", "-m", "x")
    (pushed.folder / "b.py").write_text("")
    git("add", ".")
    git("commit", "-m", "y")
    clean = push_dags(pushed.session, None, discard).data
    assert (clean["commit"], clean["dirty"]) == (git("rev-parse", "HEAD"), False)
    push(pushed, "two")
    row = dags_history(pushed.session, discard).data["revisions"][-1]
    assert (row["commit"], row["dirty"]) == (clean["commit"], True)


@pytest.mark.parametrize("verb", ["push", "history", "rollback", "diff"])
@pytest.mark.parametrize("way", ["git", "image", "folder", "none"])
def test_other_ways_have_other_words(verb: str, way: str) -> None:
    dags = {"git": Dags(git=(GIT,)), "image": Dags(in_image=True), "folder": Dags(path=Path("/d")), "none": Dags()}[way]
    with pytest.raises(UsageError) as raised:
        require_pushed(cast(Spec, SimpleNamespace(name="mine", dags=dags)), verb)
    assert (raised.value.code, raised.value.exit_code) == ("dags.not-pushed", 2)
    if way in ("git", "image"):
        assert f"dags.{way}" in raised.value.cause
    else:
        assert "dags: {volume: {path: dags}}" in raised.value.fix


def test_who_is_interrupted_in_a_switch_records_nothing_untrue(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    push(pushed, "one")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FolderVolume, "switch", killed)
    with pytest.raises(KeyboardInterrupt):
        push(pushed, "two")
    assert (pushed.annotations[LIVE], live_text(pushed)) == ("", "one")


def test_a_volume_that_was_landed_for_something_else_is_not_written_to(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After `dags.path` it is the author's own folder, after git-sync that one's."""
    bundles = '[{"classpath": "airflow.dag_processing.bundles.local.LocalDagBundle"}]'
    processor = Processor({}, {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundles})
    monkeypatch.setattr(pushed_dags, "landed_processor", lambda _: processor)
    with (
        pytest.raises(UsageError, match="another way") as raised,
        pushed_dags.opened(pushed.session, discard, writes=True),
    ):
        pass
    assert raised.value.code == "dags.not-landed-so"


def test_files_that_were_changed_in_the_volume_are_pushed_again_and_not_gone_back_to(pushed: Pushed) -> None:
    first = push(pushed, "one")
    second = push(pushed, "two")
    for revision in (first, second):
        (pushed.volume.root / "revisions" / revision / "a.py").write_text("spoilt")
    # The pod tells it as an error; there is none here.
    with pytest.raises(Refused, match="not those that were pushed"):
        rollback_dags(pushed.session, None, discard)
    assert push(pushed, "two") == second
    assert live_text(pushed) == "two"


def test_room_is_made_before_files_are_sent(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A volume that is full takes a push when `keep` was lowered."""
    old = [push(pushed, text) for text in ("one", "two", "three")]
    pushed.keep = 2

    def full(revision: str, folder: Path) -> None:
        raise AirstripError("dags.volume-full", "the volume of DAG files has no room", cause="", fix="")

    monkeypatch.setattr(pushed.volume, "send", full)
    with pytest.raises(AirstripError, match="no room"):
        push(pushed, "four")
    assert pushed.volume.state().kept == {old[-1]}
