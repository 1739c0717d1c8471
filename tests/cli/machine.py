"""A machine for the launcher: a home and programs of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# fmt: off (one line for each would be half a page)
TOOLS = (
    "sh",
    "cat",
    "cksum",
    "cut",
    "df",
    "dirname",
    "env",
    "find",
    "getent",
    "head",
    "id",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "printf",
    "readlink",
    "rm",
    "sed",
    "sort",
    "tr",
)
# fmt: on
FAILING_SHIM = "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n"


@dataclass
class Machine:
    """A home and a PATH of their own; downloads are shared with the developer's, to be quick."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "a home"

    @property
    def programs(self) -> Path:
        return self.folder / "bin"

    def prepare(self, python: str = sys.executable) -> None:
        self.home.mkdir(parents=True)
        self.programs.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (self.programs / tool).symlink_to(found)
        self.program("python3", f'#!/bin/sh\nexec "{python}" "$@"\n')
        shared = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "UV_INDEX"))}
        downloads = os.environ.get("UV_CACHE_DIR") or Path.home() / ".cache" / "uv"
        self.environment = {
            **shared,
            "HOME": str(self.home),
            "PATH": str(self.programs),
            "UV_CACHE_DIR": str(downloads),
        }

    def program(self, name: str, text: str) -> None:
        # A link to the host's own program may be there: writing through it would replace that one.
        (self.programs / name).unlink(missing_ok=True)
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def take_uv(self) -> None:
        found = os.environ.get("AIRSTRIP_UV") or os.environ.get("UV") or shutil.which("uv")
        if not found:
            pytest.skip("there is no uv to lend")
        (self.programs / "uv").symlink_to(found)

    def run(
        self, *arguments: str, launcher: Path = ROOT / "airstrip", cwd: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(launcher), *arguments],
            cwd=cwd or self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
