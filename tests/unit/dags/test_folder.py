"""What of a folder counts, and what goes into the archive."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from airstrip.dags import revisions
from airstrip.dags.folder import find_pointers, holds_dags, pack, written_names
from airstrip.dags.revisions import content_key

DAG = "from airflow.sdk import DAG\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "dags"
    (found / "lib").mkdir(parents=True)
    (found / "a.py").write_text(DAG)
    (found / "lib" / "names.sql").write_text("select 1")
    return found


def test_the_key_changes_with_a_file_s_contents_and_name_only(folder: Path) -> None:
    before = content_key(folder)
    (folder / "a.py").touch()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_text("x")
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("x")
    assert content_key(folder) == before
    (folder / "lib" / "names.sql").write_text("select 2")
    changed = content_key(folder)
    assert changed != before
    (folder / "lib" / "names.sql").rename(folder / "lib" / "other.sql")
    assert content_key(folder) not in (before, changed)


def test_the_archive_has_the_folder_and_the_program(folder: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.mkdir()
    (program / "main.py").write_text("pass")
    (folder / "link.py").symlink_to("a.py")
    os.mkfifo(folder / "pipe")
    archive = io.BytesIO()
    pack(folder, program, archive)
    archive.seek(0)
    with tarfile.open(fileobj=archive) as packed:
        assert packed.getnames() == ["program/main.py", "dags/a.py", "dags/link.py", "dags/lib/names.sql"]
        assert packed.getmember("dags/link.py").linkname == "a.py"


def test_a_file_that_goes_while_the_folder_is_read_is_left_out(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor's own, beside what it saves."""
    before = content_key(folder)

    def entries(root: Path) -> Iterator[Path]:
        swap = root / "a.py.swp"
        swap.write_text("x")
        found = list(revisions.entries(root))
        swap.unlink()
        yield from found

    monkeypatch.setattr("airstrip.dags.folder.entries", entries)
    archive = io.BytesIO()
    (tmp_path / "none").mkdir()
    pack(folder, tmp_path / "none", archive)
    archive.seek(0)
    with tarfile.open(fileobj=archive) as packed:
        assert packed.getnames() == ["dags/a.py", "dags/lib/names.sql"]
    walked = [*revisions.entries(folder), folder / "a.py.swp"]
    monkeypatch.setattr(revisions, "entries", lambda _: walked)
    assert content_key(folder) == before


def test_names_are_known_where_they_stand_in_quotes_or_after_a_dot(folder: Path) -> None:
    (folder / "b.py").write_text("""x = Variable.get("my key"); y = '{{ var.value.other }}'; unquoted = mentioned\n""")
    names = {"my key", "other", "mentioned", "absent"}
    assert written_names(folder, names) == {"my key", "other"}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [("a.py", DAG, True), ("a.py", "import airflow", False), ("a.txt", DAG, False), ("a.zip", "", True)],
)
def test_a_folder_without_dags_needs_no_check(tmp_path: Path, name: str, text: str, expected: bool) -> None:
    (tmp_path / name).write_text(text)
    assert holds_dags(tmp_path) is expected


def test_pointers_of_git_lfs_are_found_by_their_contents(folder: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    (folder / "b.py").write_text(pointer)
    (folder / "lib" / "rows.csv").write_text(pointer)
    (folder / "c.py").write_text(f"# {pointer}")
    (folder / "gone.py").symlink_to("nowhere")
    assert find_pointers(folder) == ("b.py", "lib/rows.csv")
