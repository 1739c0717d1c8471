"""Images that are brought into a node: once, by the cluster's own program, and looked for afterwards."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.events import discard
from airstrip.process import Command, Completed
from airstrip.targets.docker.images import load_image
from airstrip.targets.docker.node import Node
from tests.unit.targets.docker.stand_in import Machine, maker_of, spec_of

PLACES = ("kind", "minikube")


class Loading(Machine):
    """Its node has what is loaded, under a name of the program's own where `name` says one."""

    name = ""
    archives: int = 0

    def call(self, command: Command, check: bool) -> Completed:
        if any(part.endswith("image.tar") for part in command.argv):
            (file,) = (part for part in command.argv if part.endswith("image.tar"))
            with tarfile.open(file) as archive:
                assert "index.json" in archive.getnames()
            self.archives += 1
            if self.loads:
                self.images[self.name or REFERENCE] = DIGEST
        return super().call(command, check)


DIGEST = "sha256:" + "a" * 64
REFERENCE = f"localhost/airstrip/airflow@{DIGEST}"


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "layout"
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (blobs / ("a" * 64)).write_text(f'{{"config": {{"digest": "sha256:{"b" * 64}"}}, "layers": []}}')
    (blobs / ("b" * 64)).write_text("{}")
    (folder / "index.json").write_text(f'{{"manifests": [{{"digest": "{DIGEST}"}}]}}')
    return folder


def machine_of(tmp_path: Path, place: str) -> Loading:
    return Loading(maker_of(spec_of(tmp_path, place)), binds=[])


def load(machine: Loading, layout: Path) -> bool:
    return load_image(machine.maker, Node(machine.maker.container, machine.programs), layout, REFERENCE, discard)


@pytest.mark.parametrize("place", PLACES)
def test_an_image_is_loaded_once(tmp_path: Path, layout: Path, place: str) -> None:
    machine = machine_of(tmp_path, place)
    assert load(machine, layout) is True
    assert load(machine, layout) is False
    assert machine.archives == 1
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("place", PLACES)
def test_it_gets_the_name_that_pods_call_it_by(tmp_path: Path, layout: Path, place: str) -> None:
    machine = machine_of(tmp_path, place)
    machine.name = f"import-2026-11-23@{DIGEST}"
    load(machine, layout)
    assert machine.images[REFERENCE] == DIGEST


@pytest.mark.parametrize("place", PLACES)
def test_one_that_is_not_there_afterwards_is_an_error_whatever_the_program_says(
    tmp_path: Path, layout: Path, place: str
) -> None:
    machine = machine_of(tmp_path, place)
    machine.loads = False
    with pytest.raises(ImageError) as raised:
        load(machine, layout)
    assert raised.value.code == "image.not-loaded"
