"""When `up` checks DAG files, what it refuses, and what it only warns of."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.dags import Facts
from airstrip.dags.facts import ParsedDags
from airstrip.errors import AirstripError, CheckError
from airstrip.events import Event, Warned
from airstrip.kube import inventory
from airstrip.manifests import PROJECTS_MAP, ManifestSet, Stage
from airstrip.operations import dags_gate
from airstrip.operations.dags_facts import Processor
from airstrip.operations.dags_gate import CHECKED, DagsGate
from airstrip.operations.dags_still import still_dags
from airstrip.operations.session import Session
from airstrip.spec import Dags
from tests.unit.dags.making import defined, facts, refused

CONTAINER = {"name": "dag-processor", "image": "here/airflow@sha256:1", "envFrom": []}


@dataclass
class Deployed:
    """A cluster that keeps the inventory's annotations; what a check says is `outcome`."""

    folder: Path | None
    outcome: Facts | AirstripError = field(default_factory=lambda: facts(defined("d")))
    annotations: dict[str, str] = field(default_factory=dict)
    checks: int = 0
    projects: str = ""
    pushed: bool = False

    def get(self, _: str, __: str, name: str, ___: str) -> dict[str, Any] | None:
        if name == PROJECTS_MAP:
            return {"data": {"AIRSTRIP_PROJECTS": self.projects}}
        return {"metadata": {"annotations": self.annotations}} if name == inventory.NAME else None

    def patch(self, _: str, __: str, name: str, body: Mapping[str, Any], ___: str) -> None:
        assert name == inventory.NAME
        self.annotations |= body["metadata"]["annotations"]

    def collect(self, *_: object) -> Facts:
        self.checks += 1
        if isinstance(self.outcome, AirstripError):
            raise self.outcome
        return self.outcome

    def pass_gate(self, *, force: bool = False, image: str = "one", timeout: float = 5.0) -> list[Event]:
        spec = SimpleNamespace(dags=Dags(path=self.folder, pushed=self.pushed), namespaces=SimpleNamespace(control="c"))
        session = cast(Session, SimpleNamespace(spec=spec, cluster=self))
        pod = {"spec": {"containers": [{**CONTAINER, "image": image}]}}
        item = {"kind": "Deployment", "metadata": {"name": "dag-processor"}, "spec": {"template": pod}}
        told: list[Event] = []
        manifests = ManifestSet((Stage("airflow", (item,)),))
        with still_dags(session.spec) as dags, DagsGate(session, manifests, dags, force) as gate:
            gate.start()
            gate.hold(told.append, timeout)
        return told


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    (tmp_path / "a.py").write_text("from airflow.sdk import DAG\n")
    found = Deployed(tmp_path)
    monkeypatch.setattr(dags_gate, "collect", found.collect)
    return found


def test_what_has_passed_is_not_checked_again_until_files_or_image_change(deployed: Deployed) -> None:
    for image in ("one", "one", "two"):
        deployed.pass_gate(image=image)
    assert deployed.checks == 2
    assert deployed.folder
    (deployed.folder / "a.py").write_text("from airflow.sdk import DAG, task\n")
    deployed.pass_gate(image="two")
    assert deployed.checks == 3


def test_a_broken_file_is_refused_with_its_place_each_time(deployed: Deployed) -> None:
    deployed.outcome = facts(refused("NameError: x"))
    for _ in range(2):
        with pytest.raises(CheckError) as raised:
            deployed.pass_gate()
        assert (raised.value.code, raised.value.exit_code) == ("dags.broken", 3)
        assert "a.py:3: it cannot be imported" in raised.value.details
    assert (deployed.checks, deployed.annotations) == (2, {})


def test_by_force_nothing_is_checked(deployed: Deployed) -> None:
    deployed.outcome = facts(refused("NameError: x"))
    assert deployed.pass_gate(force=True) == []
    assert deployed.checks == 0


def test_what_only_fails_later_lands(deployed: Deployed) -> None:
    deployed.outcome = facts(defined("d"), removed=())
    deployed.pass_gate()
    assert CHECKED in deployed.annotations


def test_a_check_that_cannot_be_made_is_a_warning_and_made_the_next_time(deployed: Deployed) -> None:
    deployed.outcome = AirstripError("dags.no-check-pod", "no pod", cause="A quota.")
    warning = deployed.pass_gate()[-1]
    assert isinstance(warning, Warned)
    assert (warning.code, warning.message) == (
        "dags.no-check-pod",
        "The DAG files were not checked: no pod. A quota.",
    )
    assert deployed.annotations == {}


@pytest.mark.parametrize("code", ["dags.check-failed", "pod.program-failed"])
def test_a_program_that_fails_lands_nothing_unless_it_is_told_to(deployed: Deployed, code: str) -> None:
    """Else every release would be unchecked, and say so in a line among others."""
    said = "Traceback:\nIndexError: list index out of range"
    deployed.outcome = AirstripError(code, "it failed", fix="Report it.", details=said)
    with pytest.raises(AirstripError) as raised:
        deployed.pass_gate()
    assert (raised.value.code, raised.value.exit_code, raised.value.details) == (code, 1, said)
    assert raised.value.fix == "Report it. ./airstrip up --force lands them unchecked."
    assert deployed.annotations == {}
    assert deployed.pass_gate(force=True) == []


def test_a_check_that_takes_too_long_is_not_waited_for(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> Facts:
        time.sleep(0.8)
        return Facts(ParsedDags())

    monkeypatch.setattr(dags_gate, "collect", slow)
    warning = deployed.pass_gate(timeout=0.2)[-1]
    assert isinstance(warning, Warned)
    assert warning.code == "dags.check-timeout"
    assert deployed.annotations == {}


def test_without_dags_there_is_nothing_to_check(deployed: Deployed, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import os\n")
    assert deployed.pass_gate() == []
    deployed.folder = None
    assert deployed.pass_gate() == []
    assert deployed.checks == 0


@pytest.mark.parametrize(("live", "image", "told"), [("a1", "two", True), ("a1", "one", False), ("", "two", False)])
def test_pushed_files_of_no_folder_are_told_as_unchecked_where_the_image_is_another(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, live: str, image: str, told: bool
) -> None:
    monkeypatch.setattr(dags_gate, "recorded_live", lambda _: live)
    monkeypatch.setattr(dags_gate, "find_processor", lambda _: processor("one"))
    monkeypatch.setattr(dags_gate, "processor_of", lambda _: processor(image))
    deployed.folder, deployed.pushed = None, True
    codes = [event.code for event in deployed.pass_gate(image=image) if isinstance(event, Warned)]
    assert codes == (["dags.pushed-unchecked"] if told else [])
    assert deployed.pass_gate(image=image, force=True) == []
    # A folder without a DAG is not delivered: what was pushed stays live.
    deployed.folder = tmp_path
    (tmp_path / "a.py").write_text("import os\n")
    assert len(deployed.pass_gate(image=image)) == told


def processor(image: str) -> Processor:
    pod = {"spec": {"containers": [{**CONTAINER, "image": image}]}}
    return Processor({"kind": "Deployment", "metadata": {"name": "dag-processor"}, "spec": {"template": pod}}, {})


def test_a_folder_whose_dags_are_all_pointers_of_git_lfs_is_checked(deployed: Deployed) -> None:
    """Airflow would have nothing of them, and say nothing."""
    assert deployed.folder
    (deployed.folder / "a.py").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n")
    deployed.outcome = replace(facts(pointers=frozenset({"a.py"})), pointers=("a.py",))
    with pytest.raises(CheckError) as raised:
        deployed.pass_gate()
    assert "a.py: it is git LFS's pointer" in raised.value.details


def test_what_is_saved_during_the_check_is_checked_the_next_time(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What passed is what was read: a save in between would else count as checked."""
    read: list[str] = []

    def saved_meanwhile(_: object, __: object, folder: Path, *___: object) -> Facts:
        assert deployed.folder
        (deployed.folder / "a.py").write_text("from airflow.sdk import DAG, other\n")
        read.append((folder / "a.py").read_text())
        return facts(defined("d"))

    monkeypatch.setattr(dags_gate, "collect", saved_meanwhile)
    for _ in range(3):
        deployed.pass_gate()
    assert read == ["from airflow.sdk import DAG\n", "from airflow.sdk import DAG, other\n"]
