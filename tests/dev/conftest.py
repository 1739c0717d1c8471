"""An author of DAGs who is not root, without a cluster; once the environment is made, without a network too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from airstrip.paths import cache_dir
from tests.clone import copy_project
from tests.people import NOBODY, everyones_python

HERE = Path(__file__).parent
FILE = """
apiVersion: airstrip/v1
name: authors
dags: {path: dags}
airflow:
  config: {core: {default_timezone: Europe/Rome}}
  env: {REGION: north}
projects:
  sales:
    config: {AREA: west, COLOUR_OF_SALES: red}
    secrets: {API_TOKEN: "file:token", FROM_CLUSTER: "k8s:shop/key"}
    pool: 2
"""


@dataclass
class Author:
    """Somebody's project and home beside a clone and a cache that all may read; where root tests, without a network."""

    folder: Path
    uid: int
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return self._start(["unshare", "--net"], arguments, more)

    def start_with_network(self, *arguments: str) -> subprocess.Popen[str]:
        """For what the test is to reach on loopback."""
        return self._start([], arguments, {})

    def _start(self, around: Sequence[str], arguments: Sequence[str], more: Mapping[str, str]) -> subprocess.Popen[str]:
        user = [*around, "setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]
        return subprocess.Popen(
            [*(user if os.geteuid() == 0 else []), str(self.folder / "clone" / "airstrip"), *arguments],
            cwd=self.project,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, **more) as process:
            out, err = process.communicate(timeout=240)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def processes(self) -> list[str]:
        """Command lines of what runs from this folder."""
        found = []
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                line = file.read_bytes().decode().replace("\0", " ")
                found += [line] if str(self.folder) in line else []
        return found

    def document(self, *arguments: str, code: int, **more: str) -> dict[str, Any]:
        """The answer with --json, whose exit code must be this."""
        done = self.run(*arguments, "--json", **more)
        assert done.returncode == code, done.stdout + done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            os.chown(path, self.uid, self.uid)
            os.chown(path.parent, self.uid, self.uid)


@pytest.fixture(scope="session")
def author() -> Iterator[Author]:
    """Where root tests, somebody else runs what root made: pytest's folders, and root's home, are closed to others."""
    with tempfile.TemporaryDirectory(prefix="airstrip-author-", ignore_cleanup_errors=True, dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        author = Author(folder, NOBODY if os.geteuid() == 0 else os.geteuid())
        copy_project(folder / "clone")
        shutil.copytree(HERE / "dags", author.project / "dags")
        (folder / "home").mkdir()
        author.environment = _environment(folder)
        _make_environment(author)
        author.write({"airstrip.yaml": FILE, "token": "hush\n"})
        for part in (author.project, folder / "home"):
            for path in (part, *part.rglob("*")):
                os.chown(path, author.uid, author.uid)
        yield author


def _environment(folder: Path) -> dict[str, str]:
    found = os.environ.get("AIRSTRIP_UV") or shutil.which("uv")
    assert found, "uv is not here: scripts/test brings it"
    (folder / "cache" / "images").mkdir(parents=True)
    uv = str(shutil.copy(found, folder / "uv"))
    python = Path(everyones_python()).parent
    shared = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "UV_INDEX"))}
    return {
        **shared,
        "HOME": str(folder / "home"),
        "PATH": os.pathsep.join(dict.fromkeys((str(python), "/usr/bin", "/bin"))),
        "AIRSTRIP_CACHE_DIR": str(folder / "cache"),
        "AIRSTRIP_UV": uv,
        # What was downloaded before, to be quick; Airflow's packages are linked from there, not copied.
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(Path.home() / ".cache" / "uv"),
        "NO_COLOR": "1",
        "AIRFLOW_CONN_SHOP": "http://shop.example",
        "AIRFLOW__CORE__EXECUTOR": "of the author's own shell, for something else",
    }


def _make_environment(author: Author) -> None:
    """By whoever tests, with a DAG that there is not: the only call with a network."""
    own, cache = cache_dir() / "images" / "uv", author.folder / "cache" / "images"
    own.mkdir(parents=True, exist_ok=True)
    (cache / "uv").symlink_to(own)
    made = author.folder / "made"
    (made / "dags").mkdir(parents=True)
    (made / "airstrip.yaml").write_text(FILE)
    launcher = author.folder / "clone" / "airstrip"
    done = subprocess.run(
        [launcher, "dev", "nothing"], cwd=made, env=author.environment, capture_output=True, text=True, check=False
    )
    assert "[dev.unknown-dag]" in done.stderr, done.stdout + done.stderr
    (cache / "uv").unlink()
    del author.environment["UV_CACHE_DIR"]
