"""What is asked of a volume, and of a folder that is none; and what is waited for before it is written to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import IO, cast

import pytest

from airstrip.dags import Volume, end_pods, fingerprints, fingerprints_in_pod, volume
from airstrip.errors import AirstripError, WaitTimeout
from airstrip.kube import Cluster


def test_a_pod_of_who_was_interrupted_is_waited_for_as_long_as_there_is_time() -> None:
    pods = {"Job": [], "Pod": [{"metadata": {"name": "stays"}}]}
    cluster = cast(Cluster, SimpleNamespace(list=lambda _, kind, *__, **___: pods[kind]))
    with pytest.raises(WaitTimeout, match="does not go from mine") as raised:
        end_pods(cluster, "mine", "a=b", 0.1)
    assert raised.value.code == "dags.pod-stays"


def run_here(
    _: object, __: str, ___: str, *, container: str, argv: Sequence[str], stdin: IO[bytes], timeout: float
) -> list[str]:
    """As in a pod: the program and what it is asked come by stdin."""
    asked = b"".join(iter(lambda: stdin.read(1 << 20), b""))
    done = subprocess.run([sys.executable, *argv[1:]], input=asked, capture_output=True, check=True, timeout=60)
    return done.stdout.decode().splitlines()


def test_files_of_a_revision_and_of_a_folder_are_told_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume, "run_in_pod", run_here)
    cluster, folder = cast(Cluster, None), tmp_path / "revisions" / "abc"
    (folder / "team").mkdir(parents=True)
    (folder / "team" / "a.py").write_text("one")
    there = Volume(cluster, "pod", "mine", "dag-processor", str(tmp_path)).fingerprints("abc")
    assert there == fingerprints(folder)
    assert list(there) == ["team/a.py"]
    (folder / "state.json").write_text("a file as others")
    found = fingerprints_in_pod(cluster, "pod", "mine", container="dag-processor", folder=str(folder), timeout=9)
    assert found == fingerprints(folder)
    assert list(found) == ["state.json", "team/a.py"]


def test_a_program_that_says_nothing_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume, "run_in_pod", lambda *_, **__: [])
    with pytest.raises(AirstripError) as raised:
        fingerprints_in_pod(cast(Cluster, None), "pod", "mine", container="c", folder="/dags", timeout=9)
    assert raised.value.code == "dags.volume-failed"
