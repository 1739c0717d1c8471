"""When volumes of somebody else's are tried: before each release, and not while nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from airstrip.manifests import ManifestSet
from airstrip.platform import Platform
from airstrip.spec import Airflow, Spec
from tests.unit.manifests.reading import all_objects


def test_they_are_tried_anew_with_each_release(
    compile: Callable[..., ManifestSet], spec: Spec, platform: Platform
) -> None:
    foreign = replace(platform, has_foreign_volumes=True)

    def jobs(**airflow: str) -> set[str]:
        released = spec.model_copy(update={"airflow": Airflow(version="3.3.2", env=airflow)})
        items = all_objects(compile(spec=released, platform=foreign))
        return {item["metadata"]["name"] for item in items if item["metadata"]["name"].startswith("volume-check-")}

    assert len(jobs()) == 2
    assert jobs() == jobs()
    assert jobs().isdisjoint(jobs(OTHER="x"))
