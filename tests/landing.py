"""The one landing that the tests of cluster/, ui/ and destroy/ share, driven by the launcher as a user would."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NAME = "airstrip-test"


@dataclass(frozen=True)
class Landing:
    """A deployment in a folder of its own: its file, its DAGs, and the launcher to act on it."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "airstrip.yaml"

    @property
    def dags(self) -> Path:
        return self.folder / "dags"

    def write(self) -> None:
        """Raises where somebody else made the folder: root would write through their links."""
        self.folder.mkdir(parents=True, exist_ok=True)
        facts = self.folder.lstat()
        assert stat.S_ISDIR(facts.st_mode), f"{self.folder} is not a folder of ours"
        assert facts.st_uid == os.geteuid(), f"{self.folder} is not a folder of ours"
        self.dags.mkdir(exist_ok=True)
        for old in self.dags.glob("*.py"):
            old.unlink()
        self.write_file()

    def write_file(self, more: str = "", *, dags: str = "dags") -> None:
        """The shared deployment's file, with more of it where a test wants something else."""
        self.file.write_text(f"apiVersion: airstrip/v1\nname: {NAME}\ndags: {{path: {dags}}}\n{more}")

    @contextmanager
    def dags_for_a_while(self) -> Iterator[None]:
        """What comes into the folder of DAGs meanwhile is taken away at the end."""
        before = set(self.dags.iterdir())
        try:
            yield
        finally:
            for path in set(self.dags.iterdir()) - before:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def airstrip(self, *arguments: str, timeout: float = 1500, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Runs a verb on the deployment, without a terminal; its output is kept, nothing is asserted."""
        return subprocess.run(
            [str(ROOT / "airstrip"), *arguments, "-f", str(self.file)],
            capture_output=True,
            text=True,
            timeout=timeout,
            input=stdin,
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
        )

    def ok(self, *arguments: str, timeout: float = 1500) -> str:
        """Runs a verb that must end with exit code 0; returns its stdout."""
        done = self.airstrip(*arguments, timeout=timeout)
        assert done.returncode == 0, f"airstrip {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def data(self, *arguments: str, timeout: float = 1500) -> dict[str, Any]:
        """The `data` of a verb's JSON document."""
        document: dict[str, Any] = json.loads(self.ok(*arguments, "--json", timeout=timeout))
        return dict(document["data"])


def default_folder() -> Path:
    return Path(os.environ.get("AIRSTRIP_TEST_FOLDER", "/var/tmp/airstrip-test"))


def eventually(look: Callable[[], bool], *, seconds: float, what: str) -> float:
    """Waits until `look` is true; returns the seconds that it took."""
    start = time.monotonic()
    while not look():
        assert time.monotonic() - start < seconds, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.5)
    return time.monotonic() - start
