"""rattler, which solves and installs conda's packages: from the Python package index, by a lock, when it is needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airstrip.errors import ImageError
from airstrip.images.oci import architecture
from airstrip.images.requirements import uv_environment
from airstrip.images.store import ImageStore
from airstrip.process import Command, run
from airstrip.redaction import without_credentials

_LOCK = Path(__file__).parents[1] / "locks" / "rattler.lock"
_PROGRAM = Path(__file__).with_name("program.py")
_SUBDIRS = {"amd64": "linux-64", "arm64": "linux-aarch64"}
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def subdir() -> str:
    """What conda calls the image's system."""
    return _SUBDIRS[architecture()]


def run_rattler(asked: Mapping[str, Any], store: ImageStore, uv: Path, work: Path) -> str:
    """Has the program do what it is asked; what it says where it cannot, else nothing. Raises ImageError without it."""
    python = _environment(store, uv, work)
    whole = {**asked, "subdir": subdir(), "cache": str(store.conda_cache), "virtual": _virtual()}
    done = run(Command((str(python), "-I", str(_PROGRAM)), stdin=json.dumps(whole).encode(), tied=True), check=False)
    if done.exit_code == 0:
        return ""
    return without_credentials(done.stderr.strip()) or f"exit code {done.exit_code}"


def _virtual() -> list[tuple[str, str, str]]:
    """What Debian 12 has, whatever this machine is; the kernel is of the node."""
    machine = _MACHINES[architecture()]
    return [("__glibc", "2.36", "0"), ("__linux", "5.10", "0"), ("__unix", "0", "0"), ("__archspec", "1", machine)]


def _environment(store: ImageStore, uv: Path, work: Path) -> Path:
    """A second, out of uv's cache."""
    folder = work / "rattler"
    environment = uv_environment(store.uv_cache)
    make = ("venv", "--quiet", "--no-project", "--no-python-downloads", "--python", sys.executable, str(folder))
    fill = ("pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:")
    python = folder / "bin" / "python"
    for words in (make, (*fill, "--python", str(python), "--requirements", str(_LOCK))):
        done = run(Command((str(uv), *words), env=environment, cwd=work, tied=True), check=False)
        if done.exit_code != 0:
            raise ImageError(
                "image.no-rattler",
                "the program that conda's packages are solved and installed by cannot be had: py-rattler",
                cause="The package index could not be reached, or has no wheel of it for this machine.",
                fix="See uv's message below; its index and certificates are set in uv's own configuration.",
                details=without_credentials(done.stderr.strip()),
            )
    return python
