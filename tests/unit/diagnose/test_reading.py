"""How single things are read: quantities, labels of tasks' pods, what this machine tells."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from airstrip.diagnose.labels import safe_label
from airstrip.diagnose.quantity import quantity
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target


@pytest.mark.parametrize(
    ("text", "number"),
    [("2", 2), ("500m", Decimal("0.5")), ("1Gi", 1 << 30), ("2k", 2000), ("1.5Mi", 1572864), ("0", 0), ("1e3", 1000)],
)
def test_quantities_are_numbers(text: str, number: object) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("load", "load"),
        # As make_safe_label_value of apache-airflow-providers-cncf-kubernetes 10.25.0 made them.
        ("manual__2026-11-21T05:11:17.048530+00:00", "manual__2026-11-21T051117.0485300000-918dedc09"),
        ("a" * 70, "a" * 53 + "-0f5c6c4e7"),
    ],
)
def test_ids_become_labels_as_the_provider_makes_them(value: str, label: str) -> None:
    assert safe_label(value) == label


def test_this_machine_tells_of_disks_folders_and_a_node_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRSTRIP_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("AIRSTRIP_RUN_DIR", str(tmp_path / "run"))
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "mine.py").write_text("")
    (dags / "mine.py").chmod(0o600)
    dags.chmod(0o755)
    file = tmp_path / "airstrip.yaml"
    file.write_text("apiVersion: airstrip/v1\nname: x\ndags: {path: dags}\n")
    facts = make_target(load_spec(file, TARGET_SPECS)).facts()
    assert (facts.place, facts.state, facts.parts) == ("local", "stopped", ())
    assert all(disk.total >= disk.free > 0 and disk.needed for disk in facts.disks)
    (folder,) = facts.folders
    assert (folder.purpose, folder.path) == ("dags", str(dags))
    assert folder.closed == ("mine.py",)
