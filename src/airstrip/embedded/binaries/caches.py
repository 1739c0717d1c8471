"""Where Go keeps modules and compiled packages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from airstrip.embedded.binaries.toolchain import Go, is_installed, settings_folder
from airstrip.process import Command, run

Environment = Mapping[str, str | None]


def go_environment(cache: Path, go: Go | None) -> dict[str, str | None]:
    """What the go command is told about its folders.

    A Go of the user's own keeps its usual places, shared with other work. The one that we install
    (`go` is None before that) keeps everything in `cache`, which is removed as a whole. What the
    user has set counts in any case.
    """
    home = Path.home()
    if not (home.is_dir() and home.stat().st_uid == os.geteuid()):
        # Root under sudo may have another user's home: nothing of root's is left there.
        return {"HOME": str(cache / "go-home"), "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None}
    if go is not None and not is_installed(cache, go.path):
        return {}
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return {
        **_unless_set("GOCACHE", cache / "go-build"),
        **_unless_set("GOMODCACHE", cache / "go-modules", "GOPATH"),
        "XDG_CONFIG_HOME": str(settings_folder(cache)),
        **_unless_set("GOENV", settings / "go" / "env"),
    }


def go_folders(cache: Path, go: Go | None) -> tuple[Path, Path]:
    """The folders of modules and of compiled packages."""
    environment = go_environment(cache, go)
    if go is not None:
        lines = run(Command((str(go.path), "env", "GOMODCACHE", "GOCACHE"), env=environment)).stdout.splitlines()
        return Path(lines[0]), Path(lines[1])
    found = {**os.environ, **environment}
    home = Path(environment.get("HOME") or Path.home())
    path = Path((found.get("GOPATH") or "").split(os.pathsep)[0] or home / "go")
    return Path(found.get("GOMODCACHE") or path / "pkg" / "mod"), Path(found.get("GOCACHE") or home / ".cache/go-build")


def _unless_set(name: str, path: Path, *others: str) -> dict[str, str | None]:
    return {} if any(os.environ.get(each) for each in (name, *others)) else {name: str(path)}
