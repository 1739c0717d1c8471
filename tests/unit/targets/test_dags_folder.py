"""Whether pods can read the DAGs folder, judged by modes as the kernel does."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import AirstripError
from airstrip.targets.dags_folder import check_dags_folder, unreadable


def test_a_missing_dags_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(AirstripError) as error:
        check_dags_folder(tmp_path / "no")
    assert error.value.code == "dags.no-folder"
    assert "mkdir -p" in error.value.fix


def test_a_file_is_not_a_dags_folder(tmp_path: Path) -> None:
    path = tmp_path / "dags.py"
    path.touch()
    with pytest.raises(AirstripError, match="is not a folder"):
        check_dags_folder(path)


def test_a_private_dags_folder_is_refused_with_the_fix(tmp_path: Path) -> None:
    folder = tmp_path / "dags"
    folder.mkdir()
    folder.chmod(0o700)
    with pytest.raises(AirstripError) as error:
        check_dags_folder(folder)
    assert error.value.code == "dags.not-readable"
    folder.chmod(0o755)
    check_dags_folder(folder)


def test_closed_files_and_folders_are_found(tmp_path: Path) -> None:
    for name, mode in {"open.py": 0o644, "closed.py": 0o600, "others.py": 0o604}.items():
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    (tmp_path / "package").mkdir(mode=0o700)
    (tmp_path / "__pycache__").mkdir(mode=0o700)
    (tmp_path / "gone.py").symlink_to("nowhere")
    # A file of root's group is judged by its group's rights, whatever others may.
    closed = {"closed.py", "others.py", "package", "gone.py"}
    in_group_0 = (tmp_path / "open.py").stat().st_gid == 0
    assert set(unreadable(tmp_path)) == (closed if in_group_0 else closed - {"others.py"})
