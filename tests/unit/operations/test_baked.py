"""DAGs that are a part of the image: planned, named by what is in the folder, and proved by the image's digest."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip import images
from airstrip.errors import UsageError
from airstrip.events import discard
from airstrip.images import BuiltImage
from airstrip.images.oci import RunSettings, write_layout
from airstrip.manifests import Images
from airstrip.operations.image import _plans, check_baked_dags, ensure_images, plan_images
from airstrip.operations.properties import baked
from airstrip.operations.properties.outcome import Outcome
from airstrip.operations.properties.scene import Scene
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS
from airstrip.targets.target import Target

NAMES = ("airflow", "postgresql", "airflow-dags")
BASE, DATABASE, DAGS = (f"localhost/airstrip/{name}@sha256:{name[-1] * 64}" for name in NAMES)
RELEASE = {"revision": 1, "at": "", "by": "", "airstrip": "", "airflow": "", "state": "landed", "changed": 1}


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    monkeypatch.setattr("airstrip.operations.image.cache_dir", lambda: tmp_path / "cache")
    (tmp_path / "dags/__pycache__").mkdir(parents=True)
    (tmp_path / "dags/one.py").write_text("one")
    return load(tmp_path, "dags: {image: {path: dags}}")


def load(folder: Path, more: str) -> Spec:
    (folder / "airstrip.yaml").write_text(f"apiVersion: airstrip/v1\nname: mine\n{more}\n")
    return load_spec(folder / "airstrip.yaml", TARGET_SPECS)


def landed(spec: Spec) -> dict[str, str]:
    """The history's names, as an `up` of just now recorded them."""
    pinned = {"postgresql": DATABASE, "airflow": BASE, "airflow-dags": DAGS}
    return {plan.reference: pinned[plan.name] for plan in _plans(spec)}


def test_what_is_landed_needs_no_image_and_a_changed_file_needs_that_layer_alone(spec: Spec) -> None:
    before = landed(spec)
    assert plan_images(spec, before).references == Images(BASE, DATABASE, DAGS)
    folder = spec.dags.baked
    assert folder is not None
    (folder / "__pycache__/one.pyc").write_text("left out")
    assert plan_images(spec, before).commands == ()
    (folder / "one.py").write_text("two")
    planned = plan_images(spec, before)
    assert planned.references is None
    (command,) = planned.commands
    assert command.startswith(f"add the DAGs of {folder} to the image: localhost/airstrip/airflow-dags:3.3.2-")


class Node:
    """A place that takes images, while somebody saves a file."""

    def __init__(self, save: Path) -> None:
        self.save = save
        self.loaded: list[str] = []

    def load_image(self, _: Path, reference: str, __: Any) -> None:
        self.loaded.append(reference)
        self.save.write_text("saved meanwhile")


def test_what_is_recorded_is_what_was_built_though_a_file_was_saved_meanwhile(
    spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next plan would take the new folder for what runs."""
    monkeypatch.setenv("AIRSTRIP_UV", "/no/uv")
    for name in ("ensure_airflow_image", "ensure_postgresql_image"):
        layout = tmp_path / "cache" / name
        reference = f"localhost/airstrip/{name.split('_')[1]}:3.3.2-abcdef123456"
        digest = write_layout(layout, reference, [], RunSettings(user="1:1", working_dir="/", entrypoint=()))
        built = BuiltImage(reference, digest, layout)
        monkeypatch.setattr(images, name, lambda *_, built=built, **__: built)
    assert spec.dags.baked is not None
    node = Node(spec.dags.baked / "one.py")
    found = ensure_images(spec, cast(Target, node), discard)
    assert node.loaded == list(found.names.values())
    assert (len(node.loaded), found.with_dags) == (3, node.loaded[-1])
    assert plan_images(spec, found.names).references is None


def test_from_nothing_all_three_are_made(spec: Spec) -> None:
    words = [command.split(" ")[0] for command in plan_images(spec, {}).commands]
    assert words == ["build", "build", "add"]


def test_a_folder_that_is_none_or_cannot_be_in_an_image_is_told_first(spec: Spec, tmp_path: Path) -> None:
    check_baked_dags(spec)
    (tmp_path / "dags/away.py").symlink_to("/etc/hostname")
    with pytest.raises(UsageError) as linked:
        check_baked_dags(spec)
    assert linked.value.code == "dags.not-sendable"
    with pytest.raises(UsageError) as gone:
        check_baked_dags(load(tmp_path, "dags: {image: {path: gone}}"))
    assert (gone.value.code, str(tmp_path / "gone") in gone.value.message) == ("dags.no-folder", True)


@dataclass
class Cluster:
    """A cluster with the pods of dag-processors and schedulers, and the scheduler's template of tasks' pods."""

    history: dict[str, str]
    processors: list[str] = field(default_factory=lambda: [DAGS])
    schedulers: list[str] = field(default_factory=lambda: [BASE])
    template: str = DAGS

    def get(self, _: str, kind: str, name: str, __: str) -> dict[str, Any] | None:
        if name == "airstrip-history":
            return {"data": {"releases": json.dumps([{**RELEASE, "images": self.history}])}}
        if kind == "Deployment":
            volumes = [{"name": "task-pod-template", "configMap": {"name": "template-1"}}]
            return {"spec": {"template": {"spec": {"volumes": volumes}}}}
        assert name == "template-1"
        return {"data": {"pod.yaml": f"spec:\n  containers:\n  - name: base\n    image: {self.template}\n"}}

    def list(self, *_: str, label_selector: str) -> list[dict[str, Any]]:
        component = label_selector.rpartition("=")[2]
        images = self.processors if component == "dag-processor" else self.schedulers
        return [
            {
                "metadata": {},
                "spec": {"containers": [{"name": "mine", "image": "x"}, {"name": component, "image": image}]},
                "status": {"phase": "Running"},
            }
            for image in images
        ]


def proof(spec: Spec, cluster: Cluster, *, tasks_have_pods: bool = True) -> Outcome:
    session = SimpleNamespace(spec=spec, cluster=cluster, platform=SimpleNamespace(registry=None))
    return baked.baked(cast(Scene, SimpleNamespace(session=session, tasks_have_pods=tasks_have_pods)))


def test_who_runs_dags_has_the_image_that_the_folder_gives(spec: Spec) -> None:
    outcome = proof(spec, Cluster(landed(spec)))
    assert outcome.state == "proved"
    assert outcome.text.endswith("gives the image sha256:ssssssssssss, and the dag-processor and tasks' pods run it")


@pytest.mark.parametrize(
    ("change", "evidence"),
    [
        ({"processors": [BASE]}, f"dag-processor: {BASE}"),
        ({"processors": [DAGS, BASE]}, f"dag-processor: {BASE}"),
        ({"processors": []}, "dag-processor: no pod of it runs"),
        ({"template": BASE}, f"the template of tasks' pods: {BASE}"),
    ],
)
def test_who_has_another_image_is_named(spec: Spec, change: dict[str, Any], evidence: str) -> None:
    outcome = proof(spec, replace(Cluster(landed(spec)), **change))
    assert (outcome.state, outcome.finding and outcome.finding.code) == ("failed", "verify.dags")
    assert outcome.finding is not None
    assert outcome.finding.evidence.splitlines() == [f"wanted: {DAGS}", evidence]


def test_a_file_that_was_changed_since_is_not_what_runs(spec: Spec, tmp_path: Path) -> None:
    cluster = Cluster(landed(spec))
    (tmp_path / "dags/one.py").write_text("two")
    outcome = proof(spec, cluster)
    assert (outcome.state, "is not what runs" in outcome.text) == ("failed", True)


def test_with_the_executor_local_the_scheduler_runs_them(spec: Spec) -> None:
    cluster = Cluster(landed(spec))
    assert proof(spec, cluster, tasks_have_pods=False).state == "failed"
    cluster = Cluster(landed(spec), schedulers=[DAGS])
    assert proof(spec, cluster, tasks_have_pods=False).text.endswith("the dag-processor and the scheduler run it")


def test_a_ready_image_is_proved_by_its_own_digest(spec: Spec, tmp_path: Path) -> None:
    ready = f"registry.example.com/airflow@sha256:{'e' * 64}"
    own = load(tmp_path, f"image: {{ref: '{ready}'}}\ndags: image")
    outcome = proof(own, Cluster(landed(own), processors=[ready], template=ready))
    assert outcome.text == "the ready image sha256:eeeeeeeeeeee has them, and the dag-processor and tasks' pods run it"
    assert proof(own, Cluster(landed(own), processors=[BASE], template=ready)).state == "failed"
