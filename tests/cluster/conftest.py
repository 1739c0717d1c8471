"""What the shared landing looks like from inside; the tests of destroy/ take it away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster
from airstrip.operations import Session
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target
from tests.landing import Landing


@pytest.fixture(scope="session")
def session(landing: Landing) -> Iterator[Session]:
    spec = load_spec(landing.file, TARGET_SPECS)
    session = Session(spec, make_target(spec))
    yield session
    session.close()


@pytest.fixture(scope="session")
def cluster(session: Session) -> Cluster:
    return session.cluster


@pytest.fixture(scope="session")
def airflow(session: Session) -> AirflowClient:
    return session.airflow
