"""The bundle of DAGs by git-sync, with Airflow itself in its image: what it reads, and of which commit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.image.rooted import run_inside

Root = tuple[Path, dict[str, Any]]
OLD, NEW = "a" * 40, "b" * 40
BUNDLES = [
    {
        "name": "main",
        "classpath": "airstrip_git_sync.SyncedDagBundle",
        "kwargs": {"root": "/tmp/volume/main", "subdir": "team", "refresh_interval": 5},
    }
]
_BEGIN = """
import os, sys
from pathlib import Path
from airflow.dag_processing.bundles.manager import DagBundlesManager
import airstrip_git_sync
airstrip_git_sync.PATIENCE_SECONDS = 0.2
root = Path("/tmp/volume/main")
def publish(commit):
    folder = root / ".worktrees" / commit / "team"
    folder.mkdir(parents=True)
    (folder / "dag.py").write_text(commit)
    (root / "fresh").symlink_to(f".worktrees/{commit}")
    (root / "fresh").replace(root / "live")
def get(version=None):
    return DagBundlesManager().get_bundle(name="main", version=version)
def show(bundle):
    print("SEEN", bundle.get_current_version().version, (bundle.path / "dag.py").read_text())
OLD, NEW = "a" * 40, "b" * 40
"""


@pytest.fixture
def seen(airflow_root: Root, tmp_path: Path) -> Callable[[str], list[list[str]]]:
    """Version and contents of the DAG file, for each `show` of a program in the image."""
    root, config = airflow_root
    shutil.copy(str(files("airstrip.manifests") / "files/git_sync/airstrip_git_sync.py"), tmp_path)
    tmp_path.chmod(0o755)
    env = {
        "AIRFLOW_HOME": "/tmp",
        "PYTHONPATH": "/opt/airflow/config",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES),
    }

    def run(program: str) -> list[list[str]]:
        volumes = {tmp_path: "/opt/airflow/config"}
        done = run_inside(root, config, ["python", "-c", _BEGIN + program], env=env, volumes=volumes)
        assert done.returncode == 0, done.stdout + done.stderr
        return [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("SEEN ")]

    return run


def test_what_is_read_is_one_commit_until_the_next_look(seen: Callable[[str], list[list[str]]]) -> None:
    program = """
publish(OLD)
bundle = get()
assert bundle.supports_versioning
bundle.initialize()
show(bundle)
publish(NEW)
show(bundle)
bundle.refresh()
show(bundle)
"""
    assert seen(program) == [[OLD, OLD], [OLD, OLD], [NEW, NEW]]


def test_a_task_has_the_commit_of_its_run_as_long_as_that_is_kept(seen: Callable[[str], list[list[str]]]) -> None:
    """Afterwards, the one that is live: an old run that is cleared runs."""
    program = """
import shutil
publish(OLD)
publish(NEW)
bundle = get(OLD)
bundle.initialize()
show(bundle)
shutil.rmtree(root / ".worktrees" / OLD)
bundle = get(OLD)
bundle.initialize()
show(bundle)
"""
    assert seen(program) == [[OLD, OLD], [NEW, NEW]]


def test_without_a_commit_it_says_so(seen: Callable[[str], list[list[str]]]) -> None:
    program = """
for version in (None, OLD):
    try:
        get(version).initialize()
    except FileNotFoundError as error:
        print("SEEN", str(error).split("'")[1])
"""
    assert seen(program) == [["/tmp/volume/main/live"]] * 2
