"""Runs the go command: what a build links, and the build itself, with progress."""

from __future__ import annotations

import time
from pathlib import Path

from airstrip.embedded.binaries.caches import Environment
from airstrip.embedded.binaries.licences import Package, parse_packages
from airstrip.embedded.binaries.recipe import GoBuild, Sources
from airstrip.embedded.binaries.toolchain import Go
from airstrip.errors import CommandError, NodeError
from airstrip.events import Progress
from airstrip.process import Command, run, stream

_PROGRESS_SECONDS = 1.0
_DETAIL_LINES = 60


def list_packages(
    go: Go, sources: Sources, build: GoBuild, environment: Environment, progress: Progress
) -> list[Package]:
    """Everything that `build` links; downloads the modules, each checked against go.sum."""
    command = _command(go, sources, build, build.list_arguments, environment)
    complaints: list[str] = []

    def on_line(line: str) -> None:
        if line.startswith("go: downloading "):
            progress.say(line.removeprefix("go: "))
        elif "\t" not in line:
            complaints.append(line)

    try:
        stream(command, on_line)
        return parse_packages(run(command).stdout.splitlines())
    except CommandError as error:
        raise NodeError(
            "node.modules",
            f"the Go modules of {build.title} could not be downloaded",
            cause="The module proxy cannot be reached (GOPROXY says which), or a checksum differs.",
            fix="Check the network and `go env GOPROXY`, then run this again.",
            details=_tail(complaints) or error.details,
        ) from error


def compile_go(
    go: Go,
    sources: Sources,
    build: GoBuild,
    packages: list[str],
    out: Path,
    environment: Environment,
    progress: Progress,
) -> None:
    """Compiles and links `build` into `out`; `packages` are the import paths that it links."""
    command = _command(go, sources, build, build.build_arguments(str(out)), environment)
    counter = _Counter(packages, progress)
    try:
        stream(command, counter.on_line)
    except CommandError as error:
        details = _tail(counter.complaints) or error.details or error.message
        raise compile_error(build.title, details, "See the compiler's words below.") from error
    progress.note = f"{counter.compiled} packages" if counter.compiled else "nothing to compile"


def compile_error(title: str, details: str, cause: str) -> NodeError:
    """`details` are the compiler's own words."""
    return NodeError(
        "node.compile",
        f"{title} could not be compiled",
        cause=cause,
        fix="Run `airstrip node build --check`; what was compiled so far is kept.",
        details=details,
    )


class _Counter:
    """Turns `go build -v`, which names each package as its compilation begins, into progress."""

    def __init__(self, packages: list[str], progress: Progress) -> None:
        self._known = set(packages)
        self._progress = progress
        self._said = 0.0
        self.compiled = 0
        self.complaints: list[str] = []

    def on_line(self, line: str) -> None:
        if line not in self._known:
            self.complaints.append(line)
            return
        self.compiled += 1
        if time.monotonic() - self._said >= _PROGRESS_SECONDS:
            self._said = time.monotonic()
            self._progress.say(f"{self.compiled} of {len(self._known)} packages, now {line}")


def _command(go: Go, sources: Sources, build: GoBuild, arguments: tuple[str, ...], environment: Environment) -> Command:
    return Command(
        (str(go.path), *arguments),
        env={**build.environment, **environment},
        cwd=sources.folder / build.module,
    )


def _tail(lines: list[str]) -> str:
    return "\n".join(lines[-_DETAIL_LINES:])
