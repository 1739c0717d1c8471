from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from airstrip.manifests import Images, ManifestSet, build_manifests
from airstrip.platform import Binding, Platform, Purpose, Role, SharedVolume
from airstrip.spec import API_VERSION, Airflow, Namespaces, Spec, TargetSpec
from tests.unit.manifests.local_settings import load as load
from tests.unit.manifests.local_settings import models as models
from tests.unit.manifests.reading import all_objects

Object = dict[str, Any]
PURPOSES: tuple[Purpose, ...] = ("dags", "logs", "data")
ROLES: tuple[Role, ...] = ("control", "workers")


class Here(TargetSpec):
    place: ClassVar[str] = "here"


@pytest.fixture
def spec() -> Spec:
    return Spec(
        api_version=API_VERSION,
        name="mine",
        target=Here(),
        namespaces=Namespaces(control="mine", workers="mine-workers"),
        airflow=Airflow(version="3.3.2"),
    )


@pytest.fixture
def platform() -> Platform:
    return Platform(
        place="here",
        storage_class="standard",
        volumes=tuple(
            SharedVolume(purpose, "ReadWriteMany", {role: Binding(f"{purpose}-{role}", "", "1Gi") for role in ROLES})
            for purpose in PURPOSES
        ),
        base_url="http://localhost:8080",
        service_cidrs=("10.96.0.0/16",),
        pod_cidrs=("10.97.0.0/16",),
        node_cidrs=("192.168.0.0/30",),
    )


@pytest.fixture
def images() -> Images:
    return Images("here/airflow@sha256:1", "here/postgresql@sha256:2")


@pytest.fixture
def compile(spec: Spec, platform: Platform, images: Images) -> Callable[..., ManifestSet]:
    """Compiles the deployment, with other inputs where they are named."""

    def build(**other: Any) -> ManifestSet:
        inputs = {"spec": spec, "platform": platform, "images": images, "checksums": {}, **other}
        return build_manifests(**inputs)

    return build


@pytest.fixture
def objects(compile: Callable[..., ManifestSet]) -> list[Object]:
    return all_objects(compile())
