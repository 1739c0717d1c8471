"""What is looked at of a deployment, for `doctor` and for whatever verb asks what is wrong."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TypeVar

from airstrip.airflow_api import AirflowClient
from airstrip.diagnose import DeploymentFact, Look, Sources, examine
from airstrip.diagnose.facts import SUCCESS_OVERTIME
from airstrip.kube import Cluster
from airstrip.operations.session import Session
from airstrip.spec import Spec
from airstrip.version import __version__

_Connection = TypeVar("_Connection", Cluster, AirflowClient)


def look(session: Session) -> Look:
    """Looks at everything; ends within 8 s and raises nothing."""
    connections = _Connections(Session(session.spec, session.target, session.make_cluster))
    try:
        return examine(
            Sources(deployment_fact(session.spec), session.target.facts, connections.cluster, connections.airflow)
        )
    finally:
        connections.close()


def deployment_fact(spec: Spec) -> DeploymentFact:
    return DeploymentFact(
        name=spec.name,
        control=spec.namespaces.control,
        workers=spec.namespaces.workers,
        airflow_version=spec.airflow.version,
        airstrip_version=__version__,
        task_pods=spec.airflow.executor == "kubernetes",
        dags_from_git=bool(spec.dags.git),
        database_is_ours=not spec.database.url,
        projects=spec.task_namespaces[1:],
        success_overtime=_success_overtime(spec),
    )


def _success_overtime(spec: Spec) -> float:
    """Airflow's own where the file has none, or no number."""
    try:
        return float(spec.airflow.config.get("core", {}).get("task_success_overtime", SUCCESS_OVERTIME))
    except ValueError:
        return SUCCESS_OVERTIME


@dataclass
class _Connections:
    """Of one look, whose probes ask side by side: each is made once.

    A probe that was left behind may still connect after the look's end.
    """

    own: Session
    closed: bool = False
    cluster_lock: threading.Lock = field(default_factory=threading.Lock)
    airflow_lock: threading.Lock = field(default_factory=threading.Lock)

    def cluster(self) -> Cluster:
        with self.cluster_lock:
            return self._opened(self.own.cluster)

    def airflow(self) -> AirflowClient:
        with self.airflow_lock:
            return self._opened(self.own.airflow)

    def close(self) -> None:
        self.closed = True
        self.own.close()

    def _opened(self, connection: _Connection) -> _Connection:
        if self.closed:
            connection.close()
        return connection
