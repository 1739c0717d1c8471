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

# The system's Python for an environment's modules too, and -S: of what a requirement brings, a .pth file
# would be run by `site`, and a `python._pth` beside the environment's own python says what that imports.
_COMPILER = (
    *("/usr/bin/python3", "-I", "-S", "-m", "compileall"),
    *("-q", "-f", "--invalidation-mode", "unchecked-hash", "-i", "-"),
)


def within(rootfs: Path, name: str) -> Path:
    """The path of `name` (relative) in the system.

    Raises ImageError where a link leads elsewhere: /var/run in there is a link to /run, and to us
    that is this machine's.
    """
    path = rootfs / name
    if path.name == ".." or path.is_symlink() or not _is_inside(rootfs, path):
        raise ImageError(
            "image.outside-root",
            f"/{name} of the image is reached through a link",
            cause="Following it would change this machine instead of the image.",
            fix="Name the folder that the link means, such as run/x for var/run/x.",
        )
    return path


def _is_inside(rootfs: Path, path: Path) -> bool:
    """Whether `path`, which may be a link itself, lies in the system."""
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
    """A program of that system, run in it with nothing of this machine's environment.

    It is root in a plain chroot, so nothing may run that came with a user's requirement.
    """
    environment = ("PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8", "PYTHONHASHSEED=0")
    search = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    chroot = ("chroot", str(rootfs), "/usr/bin/env", "-i", *environment, *argv)
    return Command(chroot, env={"PATH": search}, stdin=stdin, tied=True)


def compile_bytecode(rootfs: Path, folders: Sequence[str]) -> None:
    """Compiles every module below `folders` (relative to the root) by the system's own Python.

    With unchecked hashes: a layer's files all have one time, so a .pyc that records its source's time
    would never count as fresh, and nothing ever changes a module in an image. Files that are no valid
    Python (templates, fixtures) stay as they are, as with pip. Raises ImageError when the compiler does
    not run.
    """
    modules = sorted(
        f"/{path.relative_to(rootfs)}"
        for folder in folders
        for path in (rootfs / folder).rglob("*.py")
        if path.is_file() and not path.is_symlink()
    )
    batches = [batch for number in range(_BATCHES) if (batch := modules[number::_BATCHES])]
    with ThreadPoolExecutor(min(_BATCHES, os.cpu_count() or 1)) as pool:
        list(pool.map(lambda batch: _compile(rootfs, batch), batches))


def _compile(rootfs: Path, modules: Sequence[str]) -> None:
    done = run(inside(rootfs, *_COMPILER, stdin=os.fsencode("\n".join(modules))), check=False)
    # 1 also says that Python could not start; of a file that is no Python, compileall tells on stdout.
    if done.exit_code == 0 or (done.exit_code == 1 and "*** Error compiling" in done.stdout):
        return
    raise ImageError(
        "image.compile-failed",
        f"the image's Python modules could not be compiled: exit code {done.exit_code}",
        cause="Programs of the image do not run here: the cache's file system is mounted noexec, a Debian "
        "package broke Python, or memory ran out.",
        fix="Name a folder on another file system in AIRSTRIP_CACHE_DIR, or look at image.packages.",
        details=(done.stdout + done.stderr).strip(),
    )
