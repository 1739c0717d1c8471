"""What `up` makes live of the file's folder, and when; only the pod and Airflow are stood in for."""

from __future__ import annotations

import time
from pathlib import Path
from typing import cast

import pytest

from airstrip.events import discard
from airstrip.kube import Lease
from airstrip.manifests import PUSHED_CLASS
from airstrip.operations import dags_deliver
from airstrip.operations.dags_deliver import Delivery
from airstrip.operations.dags_facts import Processor
from airstrip.operations.dags_still import still_dags
from airstrip.operations.pushed_dags import LIVE
from tests.unit.operations import pushed_stand_ins
from tests.unit.operations.pushed_stand_ins import FolderVolume, FreeLease, Pushed, opened

BUNDLES = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"
TEXT = "from airflow.sdk import DAG\n"


@pytest.fixture
def pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pushed:
    for name in ("dags", "volume"):
        (tmp_path / name).mkdir()
    (tmp_path / "dags" / "a.py").write_text(TEXT)
    monkeypatch.setattr(dags_deliver, "opened", opened)
    monkeypatch.setattr(dags_deliver, "find_processor", lambda _: Processor({}, {BUNDLES: PUSHED_CLASS}))
    return Pushed(tmp_path / "dags", FolderVolume(tmp_path / "volume"))


def live_text(pushed: Pushed) -> str:
    live = pushed.volume.state().live
    assert live
    return (pushed.volume.root / "revisions" / live / "a.py").read_text()


NEW = Processor({"spec": {}}, {})


def land(pushed: Pushed, left: float = 60.0) -> tuple[int, int]:
    """How many revisions became live before Airflow rolls, and after."""
    with still_dags(pushed.spec) as dags:
        delivery = Delivery(pushed.session, cast(Lease, FreeLease()), discard, dags, lambda: left)
        return delivery.before_roll(NEW), delivery.after_roll(None)


def test_up_leaves_the_file_s_folder_live(pushed: Pushed) -> None:
    assert land(pushed) == (0, 1)
    assert live_text(pushed) == TEXT
    assert land(pushed) == (0, 0)
    # Interrupted between the switch and its record: looked at anew, and not sent again.
    pushed.annotations[LIVE] = ""
    assert land(pushed) == (0, 0)
    assert pushed.volume.sent == 1


@pytest.mark.parametrize("runs", ["nothing", "of another way"])
def test_where_nothing_reads_the_volume_up_fills_it_before_airflow_rolls(
    pushed: Pushed, monkeypatch: pytest.MonkeyPatch, runs: str
) -> None:
    """The new DAG processor would find no file, and take every DAG of before away."""

    landed = None if runs == "nothing" else Processor({"spec": {}}, {BUNDLES: "LocalDagBundle"})
    monkeypatch.setattr(dags_deliver, "find_processor", lambda _: landed)
    assert land(pushed) == (1, 0)
    assert live_text(pushed) == TEXT
    # Live from before another way was landed: nothing is sent, and who is new has read nothing of it yet.
    awaited: list[str] = []
    monkeypatch.setattr(dags_deliver, "await_seen", lambda _, revision, *__, **___: awaited.append(revision))
    assert land(pushed) == (0, 0)
    assert awaited == [pushed.volume.state().live]


def test_what_up_has_left_bounds_the_push_too(pushed: Pushed, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Airflow that reads nothing is waited for no longer than that."""
    monkeypatch.setattr(pushed_stand_ins.Airflow, "dags", lambda _: [])
    begun = time.monotonic()
    assert land(pushed, left=0.5) == (0, 1)
    assert 0.5 <= time.monotonic() - begun < 5
