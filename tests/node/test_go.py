"""Our own Go sources, with the Go and the compiled packages of the build: only the tests are compiled here."""

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

# `go vet` also reads every package that is linked, of which there are more than a thousand, for what it tells about
# itself (which of its functions print as Printf does): four minutes. Of those we need not know; what Go's own fmt and
# log print, vet knows by heart. A tool of another version: Go keeps its results apart from vet's.
_VET_OURS = """\
#!/bin/sh
for last; do :; done
case $last in
    -V=full) echo "$('{vet}' -V=full) ours" ;;
    *.cfg)
        if grep -q '"VetxOnly": true' "$last"; then
            : >"$(sed -n 's/^.*"VetxOutput": "\\(.*\\)".*$/\\1/p' "$last")"
        else
            exec '{vet}' "$@"
        fi
        ;;
    *) exec '{vet}' "$@" ;;
esac
"""


@dataclass(frozen=True)
class Module:
    """The module of the multi-call program, and the go command that compiles it."""

    go: Path
    folder: Path
    flags: tuple[str, ...]
    environment: dict[str, str]

    def run(self, *argv: str) -> str:
        done = self.ends(*argv)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ends(self, *argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=900, check=False
        )


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


@pytest.fixture(scope="module")
def vet(module: Module, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The go command that looks at our own packages."""
    tool = tmp_path_factory.mktemp("vet") / "vet"
    tool.write_text(_VET_OURS.format(vet=module.run(str(module.go), "tool", "-n", "vet").strip()))
    tool.chmod(0o755)
    return (str(module.go), "vet", f"-vettool={tool}", *module.flags)


def test_formatted(module: Module) -> None:
    gofmt = Path(module.run(str(module.go), "env", "GOROOT").strip()) / "bin" / "gofmt"
    assert module.run(str(gofmt), "-l", ".") == ""


def test_vetted(module: Module, vet: tuple[str, ...]) -> None:
    module.run(*vet, "./...")


def test_what_is_wrong_is_found(module: Module, vet: tuple[str, ...], tmp_path: Path) -> None:
    """Else the test before would prove nothing: a main.go that prints a text as a number."""
    own = (module.folder / "main.go").read_text()
    wrong = tmp_path / "main.go"
    wrong.write_text(own.replace("fmt.Fprintln(os.Stderr, err)", 'fmt.Fprintf(os.Stderr, "%d", names())'))
    overlay = tmp_path / "overlay.json"
    overlay.write_text(f'{{"Replace": {{"{module.folder / "main.go"}": "{wrong}"}}}}')
    done = module.ends(*vet, f"-overlay={overlay}", "./...")
    assert done.returncode != 0
    assert "format %d has arg names() of wrong type string" in done.stderr


def test_own_tests(module: Module) -> None:
    assert "ok" in module.run(str(module.go), "test", "-vet=off", *module.flags, "-ldflags", "-s -w", "./...")
