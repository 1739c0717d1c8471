"""Somebody who is not root, for the tests that root runs as somebody else."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534
_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3")
_SYSTEM_FOLDERS = ("/usr/local/bin", "/usr/bin")
_IS_NEW_ENOUGH = "import sys; sys.exit(sys.version_info < (3, 11))"


def everyones_python() -> str:
    """The path of a Python that anybody may run; skips where there is none.

    The one that runs the tests may lie in root's home (pyenv's, uv's), which is closed to others.
    """
    for python in _candidates():
        if _runs_for_nobody(python):
            return python
    pytest.skip("no Python >= 3.11 that other users may run, on PATH or in the system's folders")


def _candidates() -> Iterator[str]:
    for name in _PYTHONS:
        if found := shutil.which(name):
            yield found
        yield from (str(Path(folder, name)) for folder in _SYSTEM_FOLDERS)


def _runs_for_nobody(python: str) -> bool:
    try:
        done = subprocess.run(
            [python, "-I", "-c", _IS_NEW_ENOUGH],
            cwd="/",
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0
