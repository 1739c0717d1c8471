from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from airstrip.embedded import systemd
from airstrip.errors import NodeError
from tests.unit.embedded.test_components import CONFIG


def test_log_of_a_unit_is_where_the_node_looks_for_it() -> None:
    """systemd replaces `%` in a path too; `$` it leaves alone there."""
    text = systemd.unit_text(replace(CONFIG, state_dir=Path("/var/100% $HOME/demo")))
    assert "\nStandardOutput=append:/var/100%% $HOME/demo/logs/keeper.log\n" in text
    assert "\nStandardError=append:/var/100%% $HOME/demo/logs/keeper.log\n" in text


def test_path_with_a_line_break_is_refused() -> None:
    with pytest.raises(NodeError):
        systemd.unit_text(replace(CONFIG, state_dir=Path("/var/a\nExecStart=b")))
