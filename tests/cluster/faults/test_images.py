"""Images that do not come: a wrong name, a registry that is away or refuses, a login that is not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airstrip.paths import cache_dir
from tests.cluster.faults.doctor import Doctor
from tests.cluster.faults.objects import WORKERS, container, deployment, pod_spec, simple
from tests.cluster.faults.registry import REFERENCE, docker_config, own_image, registry
from tests.cluster.faults.test_starting import replace_template


@pytest.fixture(scope="module")
def private_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    layout = max((cache_dir() / "images" / "layouts").glob("postgresql-*"), key=lambda path: path.stat().st_mtime)
    with registry(own_image(layout, tmp_path_factory.mktemp("registry"))):
        yield


def test_an_image_that_is_nowhere(doctor: Doctor, small_image: str) -> None:
    absent = container("localhost/airstrip/absent:1", imagePullPolicy="Never")
    with doctor.made(deployment("imageless", pod_spec(absent))):
        finding = doctor.finds("image.missing")
        assert "localhost/airstrip/absent:1" in finding["symptom"]
        replace_template(doctor, "imageless", pod_spec(container(small_image)))
        doctor.is_content()


def test_a_registry_that_is_not_there(doctor: Doctor, small_image: str) -> None:
    away = container("localhost:5998/small:1")
    with doctor.made(deployment("far-away", pod_spec(away))):
        finding = doctor.finds("image.registry-unreachable")
        assert "connection refused" in finding["cause"]
        replace_template(doctor, "far-away", pod_spec(container(small_image)))
        doctor.is_content()


@pytest.mark.usefixtures("private_registry")
def test_a_registry_that_wants_a_login(doctor: Doctor) -> None:
    with doctor.made(deployment("stranger", pod_spec(container(REFERENCE, imagePullPolicy="Always")))):
        doctor.finds("image.login-refused")
        login = simple(
            "Secret",
            "registry-login",
            type="kubernetes.io/dockerconfigjson",
            stringData={".dockerconfigjson": docker_config()},
        )
        with doctor.made(login):
            spec = pod_spec(
                container(REFERENCE, imagePullPolicy="Always"), imagePullSecrets=[{"name": "registry-login"}]
            )
            replace_template(doctor, "stranger", spec)
            doctor.is_content()


@pytest.mark.usefixtures("private_registry")
def test_a_pull_secret_that_is_absent_in_the_workers_namespace(doctor: Doctor) -> None:
    spec = pod_spec(container(REFERENCE, imagePullPolicy="Always"), imagePullSecrets=[{"name": "workers-login"}])
    with doctor.made(deployment("no-login", spec)):
        finding = doctor.finds("image.pull-secret-absent")
        assert WORKERS in finding["symptom"]
        assert "workers-login" in finding["cause"]
        login = simple(
            "Secret",
            "workers-login",
            type="kubernetes.io/dockerconfigjson",
            stringData={".dockerconfigjson": docker_config()},
        )
        with doctor.made(login):
            doctor.sees_ready("no-login")
            doctor.is_content()
