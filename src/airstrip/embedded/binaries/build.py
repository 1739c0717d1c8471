"""Compiles the programs into the cache: checks first, then one result or none."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from airstrip.embedded import host_packages
from airstrip.embedded.binaries.caches import Environment, go_environment
from airstrip.embedded.binaries.compile import compile_error, compile_go, list_packages
from airstrip.embedded.binaries.folder import LICENCES, Binaries, read_folder, write_manifest
from airstrip.embedded.binaries.licences import Package, collect_licences
from airstrip.embedded.binaries.recipe import Sources, find_sources
from airstrip.embedded.binaries.search import builds_folder, cached_folder, find_cached
from airstrip.embedded.binaries.space import require_space
from airstrip.embedded.binaries.toolchain import Go, ensure_go, find_go
from airstrip.errors import CommandError, NodeError
from airstrip.events import Emit, Notice, Warned, discard, step
from airstrip.file_lock import file_lock
from airstrip.process import run

_DURATION = (
    "Compiling the node's programs takes five to six minutes on two cores the first time, and "
    "downloads some 160 MB of Go modules; the result is kept."
)


def build_binaries(cache: Path, *, emit: Emit = discard, force: bool = False) -> Binaries:
    """Compiles packages/airstrip-node of the clone into `cache`, unless that was done before.

    `cache` is Airstrip's cache folder; `force` compiles again. The result appears complete or not
    at all, so an interrupted build is simply run again; Go's own build cache saves what it had done.
    Raises NodeError (no sources, host packages that lack, no Go, no space, a failed compilation),
    LockError when another build runs.
    """
    sources = require_sources()
    if not force and (cached := find_cached(cache, sources)):
        return cached
    host_packages.require("build")
    with file_lock(builds_folder(cache) / "build.lock", "the node's programs"):
        if not force and (cached := find_cached(cache, sources)):
            return cached
        require_space(cache, find_go(cache, sources))
        emit(Notice(_DURATION))
        go = ensure_go(cache, sources, emit)
        return _build(sources, go, cache, emit)


def require_sources() -> Sources:
    """The clone's Go sources. Raises NodeError where Airstrip was installed without them."""
    sources = find_sources()
    if sources is None:
        raise NodeError(
            "node.no-sources",
            "the node's programs are not installed, and there is no clone to compile them from",
            cause="This Airstrip was installed as a package, which does not hold them.",
            fix="Install the airstrip-node package beside it: pip install airstrip-node",
        )
    return sources


def _build(sources: Sources, go: Go, cache: Path, emit: Emit) -> Binaries:
    target = cached_folder(cache, sources)
    work = target.with_name("building")
    shutil.rmtree(work, ignore_errors=True)
    out = work / "out"
    for folder in (out, work / "tmp"):
        folder.mkdir(parents=True)
    _compile_pause(sources, out)
    environment = {"GOTMPDIR": str(work / "tmp"), **go_environment(cache, go)}
    linked = _download(sources, go, environment, emit)
    for build, packages in zip(sources.builds(), linked, strict=True):
        with step(emit, f"node.compile.{build.name}", f"Compile {build.title}") as progress:
            paths = [package.path for package in packages]
            compile_go(go, sources, build, paths, out, environment, progress)
    _add_licences(chain(*linked), out, emit)
    write_manifest(out, sources.versions(go.version), sources.key())
    read_folder(out)  # complete, or an error before anything is replaced
    shutil.rmtree(target, ignore_errors=True)
    out.rename(target)
    shutil.rmtree(work)
    return read_folder(target)


def _compile_pause(sources: Sources, out: Path) -> None:
    try:
        run(sources.pause(str(out)))
    except CommandError as error:
        raise compile_error("pause", error.details, "Check that gcc works.") from error


def _download(sources: Sources, go: Go, environment: Environment, emit: Emit) -> list[list[Package]]:
    """Returns what each build of `sources` links."""
    with step(emit, "node.modules", "Download Go modules") as progress:
        linked = [list_packages(go, sources, build, environment, progress) for build in sources.builds()]
        progress.note = f"{len({package.module for package in chain(*linked)})} modules"
    return linked


def _add_licences(linked: Iterable[Package], out: Path, emit: Emit) -> None:
    if lacking := collect_licences(linked, out / LICENCES):
        emit(
            Warned(
                "node.licences-missing",
                f"no licence text was found of {', '.join(lacking)}",
                "The programs run; do not pass them on without these texts.",
            )
        )
