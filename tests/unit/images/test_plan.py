from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.events import Event, StepFailed, StepFinished
from airstrip.images import (
    AirflowImageRequest,
    BuiltImage,
    ensure_airflow_image,
    ensure_postgresql_image,
    plan_airflow_image,
    plan_postgresql_image,
)
from airstrip.images import build as build_module
from airstrip.images.oci import RunSettings, write_layout

REQUEST = AirflowImageRequest("3.3.2", ("cncf-kubernetes", "postgres", "fab"))
SETTINGS = RunSettings(user="1:1", working_dir="/", entrypoint=())


def test_planning_builds_nothing(tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    assert not plan_airflow_image(REQUEST, cache).cached
    assert not plan_postgresql_image(cache).cached
    assert plan_airflow_image(REQUEST, cache).reference.startswith("localhost/airstrip/airflow:3.3.2-")
    assert not cache.exists()


def test_a_cached_image_is_taken_as_it_is(tmp_path: Path) -> None:
    plan = plan_airflow_image(REQUEST, tmp_path)
    digest = write_layout(plan.layout, plan.reference, [], SETTINGS)
    events: list[Event] = []

    image = ensure_airflow_image(REQUEST, tmp_path, Path("/no/uv"), events.append)

    assert image == BuiltImage(plan.reference, digest, plan.layout)
    assert image.pinned == f"localhost/airstrip/airflow@{digest}"
    finished = events[-1]
    assert isinstance(finished, StepFinished)
    assert (finished.step, finished.note) == ("image.airflow", "cached")


def test_a_build_that_cannot_be_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ImageError("image.no-mmdebstrap", "none")

    monkeypatch.setattr(build_module, "require_builder", refuse)
    events: list[Event] = []
    with pytest.raises(ImageError):
        ensure_postgresql_image(tmp_path / "cache", events.append)
    assert isinstance(events[-1], StepFailed)
    assert not (tmp_path / "cache").exists()
