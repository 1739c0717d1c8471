"""What a node says of itself, to people and to programs."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.embedded.binaries.folder import Versions, write_manifest
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.programs import PROGRAMS, ensure_programs
from airstrip.embedded.status import ComponentStatus, NodeStatus, node_status
from tests.unit.embedded.test_components import CONFIG

VERSIONS = Versions("1.34.1", "3.6.4", "1.12.4", "2.1.4", "1.3.1", "1.8.0", "1.25.3")


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    config = replace(CONFIG, state_dir=tmp_path / "state", run_dir=tmp_path / "run", binaries_dir=tmp_path / "cache")
    config.state_dir.mkdir()
    config.binaries_dir.mkdir()
    for name in PROGRAMS:
        (config.binaries_dir / name).write_text(name)
    return config


def test_versions_are_those_of_the_programs_that_it_was_started_with(config: NodeConfig) -> None:
    write_manifest(config.binaries_dir, VERSIONS, "key")
    ensure_programs(config)
    write_manifest(config.binaries_dir, replace(VERSIONS, kubernetes="1.35.0"), "newer")
    status = node_status(config)
    assert (status.state, status.versions) == ("stopped", VERSIONS)
    assert status.to_dict()["versions"]["cniPlugins"] == "1.8.0"


def test_programs_that_say_nothing_have_no_versions(config: NodeConfig) -> None:
    write_manifest(config.binaries_dir, VERSIONS, "key")
    ensure_programs(config)
    (config.binaries_dir / "build.json").unlink()
    ensure_programs(config)
    assert node_status(config).versions is None
    assert node_status(config).to_dict()["versions"] == {}


def test_keys_are_in_camel_case_and_times_are_dates() -> None:
    components = {"etcd": ComponentStatus("ready", 0)}
    status = NodeStatus("x", True, True, 8080, os.getpid(), 1795245856.47, "https://h", VERSIONS, components)
    document = json.loads(json.dumps(status.to_dict()))
    assert document["startedAt"] == "2026-11-21T07:24:16+00:00"
    assert document["components"] == {"etcd": {"state": "ready", "restarts": 0}}
    assert all(re.fullmatch("[a-z][a-zA-Z]*", key) for key in (*document, *document["versions"]))


@pytest.mark.parametrize(
    ("states", "ready", "state"),
    [(["ready", "done"], True, "ready"), (["ready", "starting"], False, "starting"), (["failing"], False, "failing")],
)
def test_a_nodes_state_is_one_word(states: list[str], ready: bool, state: str) -> None:
    components = {str(number): ComponentStatus(each, 0) for number, each in enumerate(states)}
    assert NodeStatus("x", True, ready, components=components).state == state
