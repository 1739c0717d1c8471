"""Revisions on a real file system: what is live whenever the program ends, and what is kept."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from airstrip.dags import revisions, sending
from airstrip.dags.revisions import Refused, Revisions, revision_of
from airstrip.dags.volume import BOOT

RECORD = {"how": "push"}


def written(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def packed(folder: Path) -> io.BytesIO:
    archive = io.BytesIO()
    sending.archive(folder, archive)
    archive.seek(0)
    return archive


def push(volume: Path, folder: Path) -> str:
    revision = revision_of(folder)
    Revisions(volume).receive(revision, packed(folder))
    Revisions(volume).switch(revision, RECORD)
    return revision


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    (tmp_path / "volume").mkdir()
    return tmp_path / "volume"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "dags", a="one")


def test_the_live_files_are_those_that_were_sent(volume: Path, folder: Path) -> None:
    (folder / "lib").mkdir()
    (folder / "lib" / "run.sh").write_text("true")
    (folder / "lib" / "run.sh").chmod(0o700)
    (folder / "link").symlink_to("a.py")
    revision = push(volume, folder)
    there = volume / "revisions" / revision
    assert revision_of(there) == revision
    assert (there / "lib" / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (there / "a.py").stat().st_mode & 0o777 == 0o644
    assert (there / "link").readlink() == Path("a.py")
    assert Revisions(volume).state()["live"] == revision


@pytest.mark.parametrize("change", ["text", "name", "mode", "link"])
def test_another_content_name_mode_or_link_is_another_revision(folder: Path, change: str) -> None:
    before = revision_of(folder)
    file = folder / "a.py"
    if change == "text":
        file.write_text("two")
    elif change == "name":
        file.rename(folder / "b.py")
    elif change == "mode":
        file.chmod(0o755)
    else:
        (folder / "b").symlink_to("a.py")
    assert revision_of(folder) != before


def test_caches_of_python_are_not_part_of_it(folder: Path) -> None:
    before = revision_of(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_text("x")
    assert revision_of(folder) == before


def test_what_arrives_otherwise_or_only_in_part_leaves_the_old_one_live(volume: Path, folder: Path) -> None:
    live = push(volume, folder)
    whole = packed(written(folder, a="x" * 100_000, b="two")).getvalue()
    wanted = revision_of(folder)
    for data in (whole[: len(whole) // 2], b"", packed(written(folder, a="other")).getvalue()):
        with pytest.raises((Refused, EOFError, OSError, revisions.tarfile.TarError)):
            Revisions(volume).receive(wanted, io.BytesIO(data))
    state = Revisions(volume).state()
    assert (state["live"], state["kept"]) == (live, [live])
    Revisions(volume).receive(wanted, io.BytesIO(whole))
    assert sorted(Revisions(volume).state()["kept"]) == sorted([live, wanted])
    assert list((volume / "incoming").iterdir()) == []


def test_a_revision_that_lost_a_file_is_made_whole_by_the_next_push(volume: Path, folder: Path) -> None:
    revision = push(volume, folder)
    (volume / "revisions" / revision / "a.py").write_text("")
    Revisions(volume).receive(revision, packed(folder))
    assert (volume / "revisions" / revision / "a.py").read_text() == "one"


def test_files_are_younger_than_airflow_s_last_reading_of_the_revision_before(volume: Path, folder: Path) -> None:
    first = push(volume, folder)
    push(volume, written(folder, a="two"))
    os.utime(volume / "revisions" / first / "a.py", (1, 1))
    Revisions(volume).switch(first, RECORD)
    assert (volume / "revisions" / first / "a.py").stat().st_mtime > time.time() + 4


def test_only_what_is_neither_wanted_nor_live_goes(volume: Path, folder: Path) -> None:
    first, second, third = (push(volume, written(folder, a=text)) for text in ("1", "2", "3"))
    assert Revisions(volume).prune([second]) == [first]
    assert set(Revisions(volume).state()["kept"]) == {second, third}
    assert [line["number"] for line in Revisions(volume).state()["history"]] == [1, 2, 3]
    with pytest.raises(Refused):
        Revisions(volume).switch(first, RECORD)


def test_a_switch_that_is_ended_before_its_rename_changed_nothing(
    volume: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = push(volume, folder)
    revision = revision_of(written(folder, a="two"))
    Revisions(volume).receive(revision, packed(folder))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            Revisions(volume).switch(revision, RECORD)
    assert Revisions(volume).state()["live"] == live
    Revisions(volume).switch(revision, RECORD)
    assert Revisions(volume).state()["live"] == revision


def asked(volume: Path, options: dict[str, Any], stdin: bytes = b"") -> list[dict[str, Any]]:
    """The program as a pod has it: with nothing but Python."""
    header = {"program": Path(revisions.__file__).read_text(), "root": str(volume), **options}
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", BOOT],
        input=json.dumps(header).encode() + b"\n" + stdin,
        capture_output=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_program_needs_python_alone_and_says_what_failed(volume: Path, folder: Path) -> None:
    data, revision = packed(folder).getvalue(), revision_of(folder)
    sent = {"action": "receive", "revision": revision, "size": len(data)}
    assert asked(volume, sent, data) == [{"done": None}]
    assert asked(volume, {"action": "switch", "revision": revision, "record": RECORD}) == [{"done": None}]
    (state,) = asked(volume, {"action": "state"})
    assert (state["done"]["live"], state["done"]["kept"]) == (revision, [revision])
    row, end = asked(volume, {"action": "read", "revision": revision, "names": ["a.py"], "most": 10})
    assert (row, end) == ({"name": "a.py", "content": "b25l"}, {"done": None})
    (failed,) = asked(volume, {**sent, "revision": "f" * 40}, data)
    assert "not what was sent" in failed["failed"]
    (failed,) = asked(volume / "no", sent, data)
    assert failed["errno"] == 2
