"""The deployment that all faults share, and the doctor that looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airstrip.kube import Cluster
from airstrip.operations import Session
from tests.cluster.faults.doctor import Doctor
from tests.landing import Landing


@pytest.fixture(scope="session")
def airflow_image(session: Session) -> str:
    return _image(session, "Deployment", "scheduler")


@pytest.fixture(scope="session")
def small_image(session: Session) -> str:
    """One that is on the node, has bash and is for a user other than root."""
    return _image(session, "StatefulSet", "postgresql")


@pytest.fixture
def doctor(landing: Landing, cluster: Cluster) -> Iterator[Doctor]:
    """Nothing is wrong before a fault, nor after it."""
    doctor = Doctor(landing, cluster)
    doctor.is_content()
    yield doctor
    doctor.is_content()


def _image(session: Session, kind: str, name: str) -> str:
    workload = session.cluster.get("apps/v1", kind, name, session.spec.namespaces.control)
    assert workload is not None
    return str(workload["spec"]["template"]["spec"]["containers"][0]["image"])
