"""A Debian with hardly anything in it, in a chroot: what a user has who has just installed the system.

Its mounts lie in a namespace of their own, and end with the process that runs in there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from airstrip.images.recipe import SUITE
from airstrip.images.sources import host_sources, proxy_environment
from airstrip.paths import cache_dir

PACKAGES = ("python3", "git", "ca-certificates")
# Of no use here, and a third of the files.
_EXCLUDED = ("doc", "locale", "man")
CLONE = "/srv/airstrip"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NAMESPACES = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
_ENTER = """
set -e
mount --rbind /dev "$0/dev"
mount -t proc proc "$0/proc"
exec chroot "$0" /usr/bin/env --ignore-environment --chdir="$CLONE" "$@"
"""
# How this machine reaches its network: a user of the fresh one has it from theirs.
_NETWORK = ("/etc/resolv.conf", "/etc/hosts")
_CONFIGURATION = ("/etc/pip.conf", "/etc/uv/uv.toml")
_CONFIGURATION_OF_HOME = (".config/pip/pip.conf", ".pip/pip.conf", ".config/uv/uv.toml")
_VARIABLES = ("PIP_", "SSL_", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_NATIVE_TLS")


@dataclass(frozen=True)
class FreshMachine:
    """The root of an unpacked system, with a clone of the project in it."""

    root: Path
    environment: Mapping[str, str]

    def run(self, *argv: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """In the clone, as root, with nothing on stdin."""
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        return subprocess.run(
            [*_NAMESPACES, "sh", "-c", _ENTER, str(self.root), *settings, *argv],
            env={"PATH": _PATH, "CLONE": CLONE},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


def unpack(root: Path) -> FreshMachine:
    """Unpacks this week's system into `root`, which is made."""
    archive = ensure_archive()
    root.mkdir()
    subprocess.run(["tar", "-x", "-p", "--numeric-owner", "-C", root, "-f", archive], check=True)
    for file in (*_NETWORK, *_CONFIGURATION):
        _copy(Path(file), root / file.lstrip("/"))
    for file in _CONFIGURATION_OF_HOME:
        _copy(Path.home() / file, root / "root" / file)
    return FreshMachine(root, _environment(root))


def ensure_archive() -> Path:
    """The system as a tar file in the tests' cache; made anew each week, from the mirrors of this machine's apt."""
    folder = cache_dir() / "checks"
    mirrors = host_sources(SUITE)
    key = sha256(repr((PACKAGES, _EXCLUDED, mirrors)).encode()).hexdigest()[:8]
    archive = folder / f"fresh-machine-{SUITE}-{time.strftime('%G-%V')}-{key}.tar"
    if archive.exists():
        return archive
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("fresh-machine-*"):
        old.unlink()
    new = archive.with_name(f"{archive.name}.{os.getpid()}")
    sources = folder / "fresh-machine.list"
    sources.write_text(mirrors)
    listed = [str(sources)] if mirrors else []
    excluded = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _EXCLUDED]
    included = f"--include={','.join(PACKAGES)}"
    _make(["--variant=minbase", "--format=tar", included, *excluded, SUITE, str(new), *listed])
    new.replace(archive)
    return archive


def _make(arguments: Sequence[str]) -> None:
    done = subprocess.run(
        [*_NAMESPACES, "--mount-proc", "mmdebstrap", "--mode=root", "--dpkgopt=force-unsafe-io", *arguments],
        env={**os.environ, **proxy_environment(), "PATH": _PATH},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _environment(root: Path) -> dict[str, str]:
    """A user's own, with this machine's settings for certificates, indexes and proxies."""
    kept = {name: value for name, value in os.environ.items() if _is_kept(name)} | proxy_environment()
    for name, value in list(kept.items()):
        if value.startswith("/"):
            _copy(Path(value), root / value.lstrip("/"))
            # A folder of wheels, say, that this machine alone has.
            if not (root / value.lstrip("/")).exists():
                del kept[name]
    return {**kept, "HOME": "/root", "PATH": _PATH, "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def _is_kept(name: str) -> bool:
    return name.startswith(_VARIABLES) or name.lower() in ("http_proxy", "https_proxy", "no_proxy")


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)
