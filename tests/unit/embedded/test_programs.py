from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.embedded.config import NodeConfig
from airstrip.embedded.programs import PROGRAMS, bytes_to_copy, ensure_programs, fingerprint
from airstrip.errors import NodeError
from tests.unit.embedded.test_components import CONFIG


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    config = replace(CONFIG, state_dir=tmp_path / "state", binaries_dir=tmp_path / "cache")
    config.state_dir.mkdir()
    config.binaries_dir.mkdir()
    for name in PROGRAMS:
        (config.binaries_dir / name).write_text(name)
    return config


def test_programs_outlive_the_cache(config: NodeConfig) -> None:
    ensure_programs(config)
    for name in PROGRAMS:
        (config.binaries_dir / name).unlink()
        assert Path(config.program(name)).read_text() == name


def test_another_users_file_is_copied(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_programs(config)
    assert (config.binaries_dir / "runc").samefile(config.program("runc"))
    Path(config.program("runc")).unlink()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    ensure_programs(config)
    assert not (config.binaries_dir / "runc").samefile(config.program("runc"))
    assert Path(config.program("runc")).read_text() == "runc"


def test_new_build_replaces_the_old_one_and_changes_the_fingerprint(config: NodeConfig) -> None:
    ensure_programs(config)
    before = fingerprint(config.binaries_dir)
    (config.binaries_dir / "runc").unlink()
    (config.binaries_dir / "runc").write_text("newer")
    assert fingerprint(config.binaries_dir) != before
    ensure_programs(config)
    assert Path(config.program("runc")).read_text() == "newer"


def test_missing_program_is_named(config: NodeConfig) -> None:
    (config.binaries_dir / "runc").unlink()
    with pytest.raises(NodeError, match="runc") as error:
        fingerprint(config.binaries_dir)
    assert error.value.code == "node.no-binaries"


def test_what_a_start_would_copy_is_known_before(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bytes_to_copy(config) == 0
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert bytes_to_copy(config) == sum(len(name) for name in PROGRAMS)
    ensure_programs(config)
    assert bytes_to_copy(config) == 0
