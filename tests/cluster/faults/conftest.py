"""The deployment that all faults share, and the doctor that looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airstrip.kube import Cluster
from airstrip.operations import Session
from tests.cluster.faults.doctor import Doctor
from tests.landing import NAME, Landing


@pytest.fixture(scope="session")
def airflow_image(session: Session) -> str:
    return _image(session, "Deployment", "scheduler")


@pytest.fixture(scope="session")
def small_image(session: Session) -> str:
    """One that is on the node, has bash and is for a user other than root."""
    return _image(session, "StatefulSet", "postgresql")


@pytest.fixture(scope="session")
def well() -> set[str]:
    """The deployment's name, while the last look found nothing wrong with it."""
    return set()


@pytest.fixture(scope="module", autouse=True)
def _whoever_comes_next_logs_in_anew(session: Session) -> Iterator[None]:
    """A fault may have changed the password of the account, or the key that its tokens were signed with."""
    yield
    if client := session.__dict__.pop("airflow", None):
        client.close()


@pytest.fixture
def doctor(landing: Landing, cluster: Cluster, well: set[str]) -> Iterator[Doctor]:
    """Nothing is wrong before a fault, nor after it: where it was so after the one before, it is so."""
    doctor = Doctor(landing, cluster)
    if not well:
        doctor.is_content()
    well.clear()
    yield doctor
    doctor.is_content()
    well.add(NAME)


def _image(session: Session, kind: str, name: str) -> str:
    workload = session.cluster.get("apps/v1", kind, name, session.spec.namespaces.control)
    assert workload is not None
    return str(workload["spec"]["template"]["spec"]["containers"][0]["image"])
