"""The examples on an author's machine: written by init from a clone, run by the fixtures of `airstrip test`."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dev.conftest import Author
from tests.landing import ROOT

NAMES = ("database", "isolation", "mapping", "retries", "sensor", "smoke")
TESTS = """
import pytest


@pytest.mark.parametrize("name", ["database", "sensor", "smoke"])
def test_it_runs_without_a_cluster(run_dag, name):
    ended = run_dag(f"example_{name}")
    assert ended.state == "success", ended


def test_retries(run_dag):
    ended = run_dag("example_retries")
    assert ended.states == {"flaky": "success", "broken": "failed", "tell": "success"}


def test_mapping(run_dag):
    ended = run_dag("example_mapping")
    assert sum(name.startswith("square[") for name in ended.states) == 100
    assert ended.xcom("total") == 338350


def test_isolation(run_dag):
    assert run_dag("example_isolation").states == {"look": "skipped"}
"""


@pytest.fixture
def folder(author: Author) -> Iterator[Path]:
    """Taken away again: `airstrip test` looks for tests in all of the author's project."""
    found = author.project / "examples"
    yield found
    shutil.rmtree(found)


def test_examples_that_make_no_pods_run_here(author: Author, folder: Path) -> None:
    file = f"{folder.name}/airstrip.yaml"
    author.write({"examples/dev.env": f"DATABASE_URL=sqlite:///{folder}/shop.db\n"})
    words = [word for name in NAMES for word in ("--example", name)]
    written = author.document("init", *words, "-f", file, code=0)["data"]["written"]
    assert set(written) >= {file, *(f"examples/dags/example_{name}.py" for name in NAMES)}
    author.write({"examples/tests/test_examples.py": TESTS})
    document = author.document("test", "-f", file, code=0)
    assert document["data"]["counts"]["passed"] == 6, document["data"]


def test_the_shell_completes_their_names(author: Author) -> None:
    asked = {"_AIRSTRIP_COMPLETE": "complete_bash", "COMP_WORDS": "airstrip init --example p", "COMP_CWORD": "3"}
    assert author.run(**asked).stdout.split() == ["papermill", "pipeline"]


def test_the_wheel_has_every_example(tmp_path: Path) -> None:
    """Which are no part of the package's folder, but for a link."""
    uv = os.environ.get("AIRSTRIP_UV") or shutil.which("uv") or "uv"
    subprocess.run([uv, "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        start = "airstrip/operations/templates/examples/"
        found = {name.removeprefix(start): archive.read(name) for name in archive.namelist() if name.startswith(start)}
    files = [path for path in (ROOT / "examples").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert found == {str(path.relative_to(ROOT / "examples")): path.read_bytes() for path in files}
