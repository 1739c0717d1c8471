"""What is asked for and would be dropped in silence is refused before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import UsageError
from airstrip.operations.authoring.dev import DevRequest, dev
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS


@pytest.mark.parametrize(
    ("request_", "fix"),
    [
        (DevRequest("load", map_index=3), "./airstrip dev load TASK --map 3"),
        (DevRequest("load", "extract", mark_success=["train"]), "Leave TASK away, or --mark-success."),
    ],
)
def test_options_that_do_not_go_together(tmp_path: Path, request_: DevRequest, fix: str) -> None:
    file = tmp_path / "airstrip.yaml"
    file.write_text("apiVersion: airstrip/v1\nname: shop\ndags: {path: .}\n")
    with pytest.raises(UsageError) as raised:
        dev(load_spec(file, TARGET_SPECS), request_, lambda _: None)
    assert raised.value.code == "usage.wrong-command-line"
    assert fix in raised.value.fix
    assert [path.name for path in tmp_path.iterdir()] == ["airstrip.yaml"]
