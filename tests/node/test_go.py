"""Our own Go sources, with the Go and the compiled packages of the build: only the tests are compiled here.

`go vet` looks at everything that is linked, about a minute on two cores, until Go's cache has that too.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from airstrip.embedded.binaries.caches import go_environment
from airstrip.embedded.binaries.recipe import find_sources
from airstrip.embedded.binaries.toolchain import ensure_go
from airstrip.events import discard
from airstrip.paths import cache_dir


@dataclass(frozen=True)
class Module:
    """The module of the multi-call program, and the go command that compiles it."""

    go: Path
    folder: Path
    flags: tuple[str, ...]
    environment: dict[str, str]

    def run(self, *argv: str) -> str:
        done = subprocess.run(
            argv, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def module() -> Module:
    sources = find_sources()
    assert sources is not None
    go = ensure_go(cache_dir(), sources, discard)
    build = next(build for build in sources.builds() if build.name == "node")
    environment = {**os.environ, **build.environment, **go_environment(cache_dir(), go)}
    return Module(
        go.path,
        sources.folder / build.module,
        build.flags,
        {name: value for name, value in environment.items() if value is not None},
    )


def test_formatted(module: Module) -> None:
    gofmt = Path(module.run(str(module.go), "env", "GOROOT").strip()) / "bin" / "gofmt"
    assert module.run(str(gofmt), "-l", ".") == ""


def test_vetted(module: Module) -> None:
    module.run(str(module.go), "vet", *module.flags, "./...")


def test_own_tests(module: Module) -> None:
    assert "ok" in module.run(str(module.go), "test", "-vet=off", *module.flags, "-ldflags", "-s -w", "./...")
