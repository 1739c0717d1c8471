"""One Airstrip at a time on a deployment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from airstrip import file_lock as module
from airstrip.errors import LockError
from airstrip.file_lock import file_lock

HOLD = """
import sys, pathlib
from airstrip.file_lock import file_lock
with file_lock(pathlib.Path(sys.argv[1]), "airflow"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is to be refused need not wait for it."""
    monkeypatch.setattr(module, "_WAIT_SECONDS", 0.2)


@pytest.mark.usefixtures("impatient")
def test_a_second_holder_is_told_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "run" / "airflow.lock"
    argv = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockError) as error, file_lock(path, "airflow"):
            pass
        assert str(holder.pid) in error.value.cause
        holder.kill()
    # A dead holder's lock is free at once: the kernel let go of it.
    with file_lock(path, "airflow"):
        pass


@pytest.mark.usefixtures("impatient")
def test_a_lock_that_its_holder_removed_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "run" / "airflow.lock"
    with file_lock(path, "airflow"):
        path.unlink()
        path.parent.rmdir()
    with file_lock(path, "airflow"), pytest.raises(LockError), file_lock(path, "airflow"):
        pass


def test_who_waited_for_a_lock_that_was_removed_does_not_hold_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "airflow.lock"
    argv = [sys.executable, "-c", HOLD, str(path)]
    with file_lock(path, "airflow"):
        waiting = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)  # it has opened the file by now; if not, the test proves less but does not fail
        path.unlink()
    with waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "held\n"
        assert str(waiting.pid) in path.read_text()
        waiting.kill()


def refusal(path: Path) -> LockError:
    with pytest.raises(LockError) as error, file_lock(path, "airflow"):
        pass
    return error.value


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = refusal(tmp_path / "file" / "airstrip" / "airflow.lock")
    assert error.code == "lock.no-folder"
    assert str(tmp_path / "file") in error.message
    assert error.cause
    assert error.fix


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("ours")
    (tmp_path / "airflow.lock").symlink_to(target)
    (tmp_path / "dangling.lock").symlink_to(tmp_path / "new")

    assert refusal(tmp_path / "airflow.lock").code == "lock.unsafe-folder"
    assert refusal(tmp_path / "dangling.lock").code == "lock.unsafe-folder"
    assert target.read_text() == "ours"
    assert not (tmp_path / "new").exists()


def test_a_lock_with_a_second_name_or_that_is_no_file_is_not_written(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("ours")
    (tmp_path / "airflow.lock").hardlink_to(target)
    os.mkfifo(tmp_path / "pipe.lock")

    assert refusal(tmp_path / "airflow.lock").code == "lock.unsafe-folder"
    assert refusal(tmp_path / "pipe.lock").code == "lock.unsafe-folder"
    assert target.read_text() == "ours"


def test_a_folder_where_others_may_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(0o777)
    error = refusal(folder / "airflow.lock")
    assert error.code == "lock.unsafe-folder"
    assert str(folder) in error.fix
    assert not list(folder.iterdir())


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when AIRSTRIP_RUN_DIR lies where somebody could make /run/airstrip before root did."""
    if tmp_path.stat().st_uid == 0:
        os.chown(tmp_path, 1000, 1000)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    error = refusal(tmp_path / "airflow.lock")
    assert error.code == "lock.unsafe-folder"
    assert not list(tmp_path.iterdir())


def test_the_folder_and_the_lock_are_ours_alone_whatever_the_umask(tmp_path: Path) -> None:
    """Whoever may open the file may hold its lock."""
    before = os.umask(0)
    try:
        with file_lock(tmp_path / "run" / "airflow.lock", "airflow"):
            assert (tmp_path / "run").stat().st_mode & 0o777 == 0o755
            assert (tmp_path / "run" / "airflow.lock").stat().st_mode & 0o777 == 0o600
            assert (tmp_path / "run" / "airflow.lock").read_text() == f"pid {os.getpid()}\n"
    finally:
        os.umask(before)
