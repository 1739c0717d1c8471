"""One Airstrip at a time on a deployment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from airstrip.errors import LockError
from airstrip.file_lock import file_lock

HOLD = """
import sys, pathlib
from airstrip.file_lock import file_lock
with file_lock(pathlib.Path(sys.argv[1]), "airflow"):
    print("held", flush=True)
    sys.stdin.read()
"""


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
