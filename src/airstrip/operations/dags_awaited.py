"""After a landing: until Airflow has read the DAG files that were landed, as far as one can tell that."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from airstrip.airflow_api import AirflowClient, Dag, may_pass
from airstrip.dags import Facts
from airstrip.errors import AirflowError
from airstrip.events import Emit, Warned
from airstrip.kube import Cluster
from airstrip.manifests import DAG_PROCESSOR
from airstrip.operations.dag_files import await_first_parse
from airstrip.operations.dags_seen import BUNDLE, defined_dags
from airstrip.operations.session import Session
from airstrip.spec import Spec
from airstrip.times import moment

_LONGEST_SECONDS = 120.0
_POLL_SECONDS = 0.3


def await_dags(
    session: Session,
    facts: Facts | None,
    files: Path | None,
    emit: Emit,
    say: Callable[[str], None],
    *,
    timeout: float,
) -> None:
    """A folder is live: only a first time is waited for. What an image has came just now, and is there afterwards.

    `files` are those that were landed; `facts` those of the check before: which file defines which DAG; without them
    nothing changed, or nobody looked. What is not read in `timeout` seconds is a warning.
    """
    spec = session.spec
    if spec.dags.baked is None or files is None or facts is None:
        await_first_parse(session.airflow, spec.dags.live_folder)
        return
    wanted = defined_dags(facts)
    deadline = time.monotonic() + min(timeout, _LONGEST_SECONDS)
    while pending := _pending(session, wanted, files):
        if time.monotonic() > deadline:
            message = f"Airflow has not read all DAGs of the image yet: {', '.join(pending[:3])}"
            emit(Warned("dags.not-read", message, "Look at: ./airstrip dags list; ./airstrip logs dag-processor"))
            return
        say(f"{len(pending)} DAGs are not read yet")
        time.sleep(_POLL_SECONDS)


def _pending(session: Session, wanted: frozenset[str], folder: Path) -> list[str]:
    """Of DAGs: those that the running dag-processor has not read, and those that are there still though their file
    is gone. One that cannot be imported has been read."""
    since = processor_started(session.cluster, session.spec)
    rows = _rows(session.airflow)
    if since is None or rows is None:
        return sorted(wanted) or [DAG_PROCESSOR]
    fresh = {name for name, dag in rows.items() if dag.has_import_errors or _is_read(dag, since)}
    return sorted((wanted - fresh) | {name for name, dag in rows.items() if not _has_file(dag, folder)})


def _rows(airflow: AirflowClient) -> Mapping[str, Dag] | None:
    """None where Airflow does not answer just now."""
    try:
        return {dag.dag_id: dag for dag in airflow.dags() if dag.bundle_name == BUNDLE}
    except AirflowError as error:
        if not may_pass(error):
            raise
        return None


def _is_read(dag: Dag, since: datetime.datetime) -> bool:
    return dag.last_parsed is not None and moment(dag.last_parsed) >= since


def _has_file(dag: Dag, folder: Path) -> bool:
    """A DAG in an archive has a path below it."""
    path = folder / (dag.file or "")
    return any(each.is_file() for each in (path, *path.parents))


def processor_started(cluster: Cluster, spec: Spec) -> datetime.datetime | None:
    """When the youngest that runs began, by the clock of its node, which is Airflow's there too; None: none runs."""
    selector = f"app.kubernetes.io/instance={spec.name},app.kubernetes.io/component={DAG_PROCESSOR}"
    pods = cluster.list("v1", "Pod", spec.namespaces.control, label_selector=selector)
    statuses = [
        status
        for pod in pods
        if not pod["metadata"].get("deletionTimestamp")
        for status in pod["status"].get("containerStatuses") or ()
        if status["name"] == DAG_PROCESSOR and "running" in (status.get("state") or {})
    ]
    return max((moment(status["state"]["running"]["startedAt"]) for status in statuses), default=None)
