"""A Debian system as a folder: what an image does not need, and running a program of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from airstrip.errors import ImageError
from airstrip.images.store import remove_tree
from airstrip.process import Command, run

# Traces of this machine (mirrors, resolver, name), what differs from one build to the next (logs,
# caches, keys that a package made for "its" machine), and what nobody reads in a container.
_UNWANTED = (
    "etc/apt/auth.conf",
    "etc/apt/auth.conf.d/*",
    "etc/apt/sources.list",
    "etc/apt/sources.list.d/*",
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
    "etc/hostname",
    "etc/resolv.conf",
    "etc/machine-id",
    "etc/*-",
    "etc/ssh/ssh_host_*",
    "etc/ssl/certs/ssl-cert-snakeoil.pem",
    "etc/ssl/private/*",
    "dev/*",
    "proc/*",
    "run/*",
    "sys/*",
    "tmp/*",
    "var/cache/*/*",
    "var/lib/apt/lists/*",
    "var/lib/apt/extended_states",
    "var/lib/dbus/machine-id",
    "var/lib/dpkg/*-old",
    "var/lib/systemd/*",
    "var/log/*",
    "var/tmp/*",
)

# Fixed, so that what a compiler process has seen before a file does not depend on the machine.
_BATCHES = 8


def within(rootfs: Path, name: str) -> Path:
    """The path of `name` (relative) in the system.

    Raises ImageError where a link leads elsewhere: /var/run in there is a link to /run, and to us
    that is this machine's.
    """
    if not _is_inside(rootfs, rootfs / name):
        raise ImageError(
            "image.outside-root",
            f"/{name} of the image is reached through a link",
            cause="Following it would change this machine instead of the image.",
            fix="Name the folder that the link means, such as run/x for var/run/x.",
        )
    return rootfs / name


def _is_inside(rootfs: Path, path: Path) -> bool:
    parent = rootfs.resolve() / path.relative_to(rootfs).parent
    return parent.resolve() == parent


def clean(rootfs: Path, also: Iterable[str] = ()) -> None:
    """Removes the unwanted files, and `also` (glob patterns relative to the root)."""
    for pattern in (*_UNWANTED, *also):
        for path in sorted(rootfs.glob(pattern)):
            if not _is_inside(rootfs, path):
                continue
            if path.is_dir() and not path.is_symlink():
                remove_tree(path)
            else:
                path.unlink(missing_ok=True)
    for link in sorted((rootfs / "etc/ssl/certs").glob("*")):
        # The name of a link to a removed key's certificate is a hash of that certificate.
        if link.is_symlink() and link.readlink().name == "ssl-cert-snakeoil.pem":
            link.unlink()


def inside(rootfs: Path, *argv: str, stdin: bytes | None = None) -> Command:
    """A program of that system, run in it with nothing of this machine's environment."""
    environment = ("PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8", "PYTHONHASHSEED=0")
    search = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    return Command(
        ("chroot", str(rootfs), "/usr/bin/env", "-i", *environment, *argv), env={"PATH": search}, stdin=stdin
    )


def compile_bytecode(rootfs: Path, python: str, folders: Sequence[str]) -> None:
    """Compiles every module below `folders` (relative to the root) by the system's own Python.

    With unchecked hashes: a layer's files all have one time, so a .pyc that records its source's time
    would never count as fresh, and nothing ever changes a module in an image. Files that are no valid
    Python (templates, fixtures) stay as they are, as with pip.
    """
    modules = sorted(
        f"/{path.relative_to(rootfs)}"
        for folder in folders
        for path in (rootfs / folder).rglob("*.py")
        if path.is_file() and not path.is_symlink()
    )
    argv = (python, "-I", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", "-i", "-")

    def compile_batch(number: int) -> None:
        batch = "\n".join(modules[number::_BATCHES])
        run(inside(rootfs, *argv, stdin=batch.encode()), check=False)

    with ThreadPoolExecutor(min(_BATCHES, os.cpu_count() or 1)) as pool:
        list(pool.map(compile_batch, range(_BATCHES)))
