"""Programs and libraries that the host must have, from host_packages.toml: what lacks, and installing it."""

from __future__ import annotations

import os
import shlex
import shutil
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from airstrip.errors import CommandError, NodeError
from airstrip.events import Emit, discard, step
from airstrip.process import Command, run

Kind = Literal["build", "node", "image"]
Confirm = Callable[[str], bool]

_DATA = Path(__file__).with_name("host_packages.toml")
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_INSTALL = ("apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")
_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l"}


@dataclass(frozen=True)
class HostPackage:
    """A Debian package and what proves that it, or another system's equivalent, is there.

    All `executables` must be found, and for each entry of `files` one of its shell patterns.
    """

    name: str
    kind: Kind
    purpose: str
    executables: tuple[str, ...] = ()
    files: tuple[tuple[str, ...], ...] = ()

    def is_present(self, root: Path = Path("/")) -> bool:
        """`root` is the folder that `files` are looked up under."""
        return all(_find(name) for name in self.executables) and all(
            any(any(root.glob(pattern.lstrip("/"))) for pattern in patterns) for patterns in self.files
        )


def missing(*kinds: Kind) -> tuple[HostPackage, ...]:
    """The packages of these kinds that the host lacks, in the order of host_packages.toml."""
    return tuple(package for package in _packages() if package.kind in kinds and not package.is_present())


def require(*kinds: Kind) -> None:
    """Raises one NodeError that names everything that lacks."""
    if lacking := missing(*kinds):
        raise _lacking(lacking)


def install_command(packages: Sequence[HostPackage]) -> Command:
    """What installs `packages` on Debian and Ubuntu."""
    return Command((*_INSTALL, *(package.name for package in packages)), env=_ENVIRONMENT)


def install(packages: Sequence[HostPackage], confirm: Confirm, emit: Emit = discard) -> None:
    """Installs `packages` after asking; none is no work.

    `confirm` gets a question and answers it. Raises NodeError, which names the packages and the
    command, when we are not root, this is no Debian, the answer is no, or apt-get fails.
    """
    if not packages:
        return
    if os.geteuid() != 0 or not _has_apt():
        raise _lacking(packages)
    names = " ".join(package.name for package in packages)
    if not confirm(f"{describe(packages)}\nInstall {names} now?"):
        raise _lacking(packages)
    with step(emit, "host.packages", f"Install {names}"):
        _apt_install(packages)
    if still := [package for package in packages if not package.is_present()]:
        raise _lacking(still)


def describe(packages: Sequence[HostPackage]) -> str:
    """One sentence: what lacks, and what each is for."""
    each = "; ".join(f"{package.name} ({package.purpose})" for package in packages)
    return f"This machine lacks {each}."


@cache
def _packages() -> tuple[HostPackage, ...]:
    data = tomllib.loads(_DATA.read_text())
    return tuple(
        HostPackage(
            name,
            kind,
            facts["for"],
            tuple(facts.get("executables", ())),
            tuple(tuple(patterns) for patterns in facts.get("files", ())),
        )
        for kind in ("build", "node", "image")
        for name, facts in data[kind].items()
    )


def _find(executable: str) -> str | None:
    """A plain user's PATH lacks the sbin folders, but what lies there is installed."""
    return shutil.which(executable, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *_SBIN)))


def _has_apt() -> bool:
    return shutil.which("apt-get") is not None


def _apt_install(packages: Sequence[HostPackage]) -> None:
    """A fresh machine has no package lists, an old one may have lists of what is gone: then update."""
    if not run(install_command(packages), check=False).exit_code:
        return
    try:
        run(Command(("apt-get", "update", "-q"), env=_ENVIRONMENT))
        run(install_command(packages))
    except CommandError as error:
        raise NodeError(
            "host.packages-not-installed",
            f"apt-get could not install {' '.join(package.name for package in packages)}",
            cause="See apt-get's own words below.",
            fix=_fix(packages),
            details=error.details,
        ) from error


def _lacking(packages: Sequence[HostPackage]) -> NodeError:
    return NodeError("host.packages-missing", describe(packages).rstrip("."), fix=_fix(packages))


def _fix(packages: Sequence[HostPackage]) -> str:
    if not _has_apt():
        return "Install these with your system's packages (the names are Debian's), then run this again."
    return f"As root, or with sudo: apt-get update && {shlex.join(_plain(packages))}"


def _plain(packages: Sequence[HostPackage]) -> tuple[str, ...]:
    """The command for a person: without what only matters where nobody watches."""
    return ("apt-get", "install", "-y", "--no-install-recommends", *(package.name for package in packages))
