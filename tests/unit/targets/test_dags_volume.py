"""Which host folder is behind the volume of DAGs, and from when on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from airstrip.embedded import NodeConfig
from airstrip.platform import Purpose
from airstrip.spec import Spec, load_spec
from airstrip.spec.resolved import Dags
from airstrip.targets.catalog import TARGET_SPECS
from airstrip.targets.local.dags_volume import dags_folder, ensure_dags, switch_dags
from airstrip.targets.node_folders import build_cluster_objects

LIVE = Dags(path=Path("/mine"))
PUSHED = Dags(path=Path("/mine"), pushed=True)
FOLDERS: dict[Purpose, str] = {"dags": "/state/dags", "logs": "/state/logs", "data": "/state/data"}


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    (tmp_path / "volumes").mkdir()
    return cast(NodeConfig, SimpleNamespace(state_dir=tmp_path, volumes_dir=tmp_path / "volumes"))


def spec(dags: Dags) -> Spec:
    return load_spec(None, TARGET_SPECS).model_copy(update={"dags": dags})


def test_a_live_folder_is_another_one_only_once_the_release_rolls(config: NodeConfig, tmp_path: Path) -> None:
    """What an `up` that is refused has changed, tasks of the running release would see."""
    link = tmp_path / "dags"
    ensure_dags(spec(LIVE), config)
    assert link.readlink() == Path("/mine")
    other = spec(Dags(path=Path("/other")))
    ensure_dags(other, config)
    assert link.readlink() == Path("/mine")
    switch_dags(other, config)
    assert link.readlink() == Path("/other")
    switch_dags(spec(Dags()), config)
    assert (link.readlink(), (tmp_path / "volumes" / "dags").is_dir()) == (tmp_path / "volumes" / "dags", True)


def test_another_way_leaves_the_folder_of_before_as_it_is(config: NodeConfig, tmp_path: Path) -> None:
    ensure_dags(spec(LIVE), config)
    switch_dags(spec(PUSHED), config)
    assert (tmp_path / "dags").readlink() == Path("/mine")
    assert dags_folder(spec(PUSHED), config) == tmp_path / "volumes" / "pushed-dags"


def test_each_way_has_volumes_and_claims_of_its_own() -> None:
    """A claim stays with its volume for ever: both are there while one release takes the other's place."""

    def made(dags: Dags) -> set[tuple[str, str]]:
        objects = build_cluster_objects(spec(dags), FOLDERS, "node")
        volumes = [item for item in objects if item["kind"] == "PersistentVolume"]
        found = {(item["metadata"]["name"], item["spec"]["claimRef"]["name"]) for item in volumes}
        return {pair for pair in found if pair[1] not in ("logs", "data")}

    assert made(LIVE) == {("airflow-dags-control", "dags"), ("airflow-dags-workers", "dags")}
    pushed = {("airflow-pushed-dags-control", "pushed-dags"), ("airflow-pushed-dags-workers", "pushed-dags")}
    assert made(PUSHED) == pushed
