"""What cannot be run on an author's machine is said before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import UsageError
from airstrip.operations.authoring.prepare import prepared
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS

READY = f"image: {{ref: example.org/airflow@sha256:{'0' * 64}}}\n"


@pytest.mark.parametrize(
    ("more", "code", "fix"),
    [
        ("", "dev.no-dags", "dags: {path: dags}"),
        ("dags: {path: gone}\n", "dev.no-dags", "Make it, or correct dags.path."),
        (f"dags: {{path: dags}}\n{READY}", "dev.no-lock", "image.requirements without image.ref"),
    ],
)
def test_it_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, code: str, fix: str
) -> None:
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "dags").mkdir()
    file = tmp_path / "airstrip.yaml"
    file.write_text(f"apiVersion: airstrip/v1\nname: shop\n{more}")
    with pytest.raises(UsageError) as raised, prepared(load_spec(file, TARGET_SPECS), lambda _: None):
        pass
    assert raised.value.code == code
    assert fix in raised.value.fix
    assert {path.name for path in tmp_path.iterdir()} == {"airstrip.yaml", "dags"}
