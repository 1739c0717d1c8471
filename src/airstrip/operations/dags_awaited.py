"""After a landing: until Airflow has read the DAG files that were landed, as far as one can tell that."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from airstrip.airflow_api import AirflowClient, Dag, DagImportError, may_pass
from airstrip.dags import Facts, may_hold_dags
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
_UNHEARD_SECONDS = 5.0
_LONG_SECONDS = 20.0
"""Who reads for so long has read every file once."""
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

    `files` are those that were landed; `facts` those of the check before: which file defines which DAG. Without them
    nothing changed, or nobody looked, or an `up` failed after its check: then all files are waited for. What is not
    read in `timeout` seconds is a warning.
    """
    spec = session.spec
    if spec.dags.baked is None or files is None:
        await_first_parse(session.airflow, spec.dags.live_folder)
        return
    reading = _Reading(session, files, None if facts is None else defined_dags(facts))
    deadline = time.monotonic() + min(timeout, _LONGEST_SECONDS)
    while pending := reading.pending():
        if time.monotonic() > deadline:
            message = f"Airflow has not read all DAGs of the image yet: {', '.join(pending[:3])}"
            emit(Warned("dags.not-read", message, "Look at: ./airstrip dags list; ./airstrip logs dag-processor"))
            return
        say(f"{len(pending)} DAGs or files are not read yet")
        time.sleep(_POLL_SECONDS)


@dataclass
class _Reading:
    """What the running dag-processor has read of `files`. `wanted` are DAGs, None where no check found them."""

    session: Session
    files: Path
    wanted: frozenset[str] | None
    _begun: float | None = None

    def pending(self) -> list[str]:
        """DAGs that it has not read, and those that are there still though their file is gone; without a check, also
        those that Airflow knew before, and files of which nothing was heard."""
        since = processor_started(self.session.cluster, self.session.spec)
        look = _look(self.session.airflow)
        if since is None or look is None:
            return sorted(self.wanted or ()) or [DAG_PROCESSOR]
        rows = {dag.dag_id: dag for dag in look.dags if dag.bundle_name == BUNDLE}
        broken = {error.filename for error in look.errors if _is_since(error.timestamp, since)}
        fresh = {
            name
            for name, dag in rows.items()
            if _is_since(dag.last_parsed, since)
            or (dag.has_import_errors if self.wanted is not None else dag.file in broken)
        }
        gone = {name for name, dag in rows.items() if not _has_file(dag, self.files)}
        if self.wanted is not None:
            return sorted((self.wanted - fresh) | gone)
        heard = broken | {dag.file for name, dag in rows.items() if dag.file and name in fresh}
        return sorted((rows.keys() - fresh) | gone) or self._unheard(heard, look, since)

    def _unheard(self, heard: Collection[str], look: _Look, since: datetime.datetime) -> list[str]:
        """Nobody ever hears of a file that names both but defines no DAG: after some seconds it is taken for one."""
        read = [moment(dag.last_parsed) for dag in look.dags if _is_since(dag.last_parsed, since) and dag.last_parsed]
        if read and self._begun is None:
            self._begun = time.monotonic()
        is_over = self._begun is not None and time.monotonic() - self._begun > _UNHEARD_SECONDS
        if is_over or any((each - since).total_seconds() > _LONG_SECONDS for each in read):
            return []
        names = (str(path.relative_to(self.files)) for path in may_hold_dags(self.files))
        return [name for name in names if not any(each == name or each.startswith(f"{name}/") for each in heard)]


@dataclass(frozen=True)
class _Look:
    dags: Sequence[Dag]
    errors: Sequence[DagImportError]


def _look(airflow: AirflowClient) -> _Look | None:
    """None where Airflow does not answer just now."""
    try:
        errors = [error for error in airflow.import_errors() if error.bundle_name == BUNDLE]
        return _Look(list(airflow.dags()), errors)
    except AirflowError as error:
        if not may_pass(error):
            raise
        return None


def _is_since(text: str | None, since: datetime.datetime) -> bool:
    return text is not None and moment(text) >= since


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
