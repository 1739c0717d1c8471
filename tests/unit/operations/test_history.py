"""The record of releases: what it takes over, what it keeps, and when one more is due."""

from __future__ import annotations

import json
from typing import Any, cast

from airstrip.kube import Cluster
from airstrip.operations.history import NAME, is_recorded, read_history, record_release

IMAGES = {"airflow": "a@sha256:1"}


class Recorded:
    """A cluster that has the one ConfigMap, or has not."""

    def __init__(self, text: str | None = None) -> None:
        self.data = {} if text is None else {"releases": text}

    def get(self, _: str, __: str, name: str, ___: str) -> dict[str, Any] | None:
        assert name == NAME
        return {"data": self.data} if self.data else None

    def apply(self, item: dict[str, Any]) -> None:
        self.data = item["data"]

    def cluster(self) -> Cluster:
        return cast(Cluster, self)


def land(recorded: Recorded, error: str = "") -> None:
    record_release(recorded.cluster(), "here", airflow="3.3.2", changed=1, images=IMAGES, error=error)


def test_a_release_of_a_later_airstrip_is_read_and_kept() -> None:
    recorded = Recorded()
    land(recorded)
    row = json.loads(recorded.data["releases"])[0]
    later = Recorded(json.dumps([{**row, "reason": "a field of the future"}]))

    land(later)

    assert [release.revision for release in read_history(later.cluster(), "here")] == [1, 2]


def test_a_record_that_cannot_be_read_stays_beside_the_new_one() -> None:
    recorded = Recorded("[ cut off")

    land(recorded)

    assert recorded.data["unreadable"] == "[ cut off"
    assert len(read_history(recorded.cluster(), "here")) == 1


def test_a_landing_that_completes_another_one_is_due_for_a_record() -> None:
    recorded = Recorded()
    assert not is_recorded(read_history(recorded.cluster(), "here"), airflow="3.3.2", images=IMAGES)
    land(recorded, error="image.missing")
    assert not is_recorded(read_history(recorded.cluster(), "here"), airflow="3.3.2", images=IMAGES)
    land(recorded)
    past = read_history(recorded.cluster(), "here")
    assert is_recorded(past, airflow="3.3.2", images=IMAGES)
    assert not is_recorded(past, airflow="3.3.3", images=IMAGES)
    assert not is_recorded(past, airflow="3.3.2", images={"airflow": "a@sha256:2"})
