"""The folder that a Containerfile is built from: it, the lock, uv, and files that go into the image as they are."""

from __future__ import annotations

import os
import shutil
from pathlib import Path, PurePosixPath

from airstrip.images.containerfile.recipe import ContainerRecipe
from airstrip.images.containerfile.render import render_containerfile
from airstrip.images.layer import EPOCH

CONTAINERFILE = "Containerfile"
_LOCK = "requirements.lock"


def write_context(recipe: ContainerRecipe, lock: Path, uv: Path, folder: Path) -> list[Path]:
    """Fills the empty folder, and returns what it wrote: the same modes and times whoever calls, and when."""
    shutil.copyfile(lock, folder / _LOCK)
    shutil.copyfile(uv, folder / "uv")
    for inside, source in recipe.files.items():
        shutil.copyfile(source, folder / PurePosixPath(inside).name)
    for name, content in recipe.modules.items():
        file = folder / "site-packages" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (folder / CONTAINERFILE).write_text(render_containerfile(recipe), encoding="utf-8")
    written = sorted(folder.rglob("*"))
    for path in written:
        path.chmod(_mode(path, folder))
        os.utime(path, (EPOCH, EPOCH))
    return [path for path in written if path.is_file()]


def _mode(path: Path, folder: Path) -> int:
    """The lock may name a URL with a password, as a requirement has it; the engine reads it as root."""
    if path == folder / _LOCK:
        return 0o600
    return 0o755 if path.is_dir() or path == folder / "uv" else 0o644
