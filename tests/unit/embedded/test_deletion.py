"""A deletion that is cut off is finished by whoever starts or stops the node next."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.embedded import deletion, ending, node
from airstrip.embedded.choice import keep_choice, read_choice
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.supervisor import remains
from airstrip.errors import NodeError
from airstrip.events import discard
from tests.unit.embedded.test_components import CONFIG


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeConfig:
    config = replace(CONFIG, state_dir=tmp_path / "state", run_dir=tmp_path / "run")
    for name in ("etcd", "volumes", "kubelet", "pod-logs", "containerd", "certificates"):
        (config.state_dir / name).mkdir(parents=True)
        (config.state_dir / name / "file").touch()
    keep_choice(config)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(remains, "remove", lambda _: [])
    return config


def names(config: NodeConfig) -> set[str]:
    return {path.name for path in config.state_dir.iterdir()} - {"keeper.lock"}


def cut_off_after(monkeypatch: pytest.MonkeyPatch, folder: str, error: BaseException) -> None:
    """The deletion ends right after it has deleted this folder."""
    delete = shutil.rmtree

    def deletes(path: Path) -> None:
        delete(path)
        if path.name == folder:
            raise error

    monkeypatch.setattr(shutil, "rmtree", deletes)


def test_cluster_goes_with_its_networks_and_images_stay(config: NodeConfig) -> None:
    node.delete_cluster_data(config, discard)
    assert names(config) == {"containerd", "certificates"}
    assert read_choice(config.state_dir) is None


@pytest.mark.parametrize("folder", ["etcd", "pod-logs"])
def test_killed_deletion_is_finished_by_the_next_start_or_stop(
    config: NodeConfig, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    with monkeypatch.context() as patch:
        cut_off_after(patch, folder, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            node.delete_cluster_data(config, discard)
    assert names(config) & set(deletion.CLUSTER)
    with ending.ended(config):
        assert names(config) == {"containerd", "certificates"}


def test_deletion_that_fails_is_an_error_and_is_tried_again(
    config: NodeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        cut_off_after(patch, "etcd", PermissionError(1, "Operation not permitted", "/state/volumes/x"))
        for attempt in (node.delete_cluster_data, node.stop_node):
            (config.state_dir / "etcd").mkdir(exist_ok=True)
            with pytest.raises(NodeError) as error:
                attempt(config, discard)
            assert error.value.code == "node.not-deleted"
            assert "/state/volumes/x" in error.value.message
            assert "Operation not permitted" in error.value.cause
    node.stop_node(config, discard)
    assert names(config) == {"containerd", "certificates"}


def test_everything_goes_and_a_cut_off_one_leaves_no_half(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        cut_off_after(patch, "etcd", KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            node.delete_node_data(config, discard)
    with ending.ended(config):
        assert names(config) == set()
    node.delete_node_data(config, discard)
    assert not config.state_dir.exists()
    node.delete_node_data(config, discard)


def test_deletion_where_there_is_nothing_makes_nothing(tmp_path: Path) -> None:
    config = replace(CONFIG, state_dir=tmp_path / "none")
    deletion.delete(config, ("etcd",))
    deletion.finish(config)
    assert not config.state_dir.exists()


def test_link_goes_and_what_it_points_to_stays(config: NodeConfig, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (config.state_dir / "dags").symlink_to(tmp_path / "mine")
    deletion.delete(config, ("dags",))
    assert "dags" not in names(config)
    assert (tmp_path / "mine").exists()
