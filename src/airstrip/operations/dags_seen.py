"""Whether Airflow has read a revision of pushed DAG files."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable

from airstrip.airflow_api import AirflowClient, Dag, may_pass
from airstrip.dags import Facts
from airstrip.errors import AirflowError
from airstrip.events import Emit, Warned, step
from airstrip.times import moment

BUNDLE = "main"
_SECONDS = 30.0
"""Twice what is promised."""
_POLL_SECONDS = 0.3
_TOGETHER_SECONDS = 2.0
_LONG_AGO = datetime.datetime.min.replace(tzinfo=datetime.UTC)


def defined_dags(facts: Facts) -> frozenset[str]:
    """The ids of the user's DAGs, as the check of the files found them."""
    return frozenset(dag.dag_id for file in facts.parsed.files if file.bundle == BUNDLE for dag in file.dags)


def defined_still(dags: Iterable[Dag]) -> list[Dag]:
    """Without those whose file was read since and does not define them any more: Airflow has them for minutes yet.

    A file that defines no DAG any more cannot be told from one that was not read again.
    """
    dags = list(dags)
    newest: dict[tuple[str | None, str | None], datetime.datetime] = {}
    for dag in dags:
        if dag.last_parsed and dag.file:
            place = dag.bundle_name, dag.file
            newest[place] = max(newest.get(place, _LONG_AGO), moment(dag.last_parsed))
    return [dag for dag in dags if not dag.last_parsed or _is_of(dag, newest.get((dag.bundle_name, dag.file)))]


def _is_of(dag: Dag, newest: datetime.datetime | None) -> bool:
    """All DAGs of a file are written down within moments."""
    if newest is None or dag.last_parsed is None:
        return True
    return (newest - moment(dag.last_parsed)).total_seconds() < _TOGETHER_SECONDS


def await_revision(
    client: AirflowClient,
    revision: str,
    emit: Emit,
    wanted: frozenset[str] | None = None,
    *,
    timeout: float = _SECONDS,
) -> float | None:
    """The seconds until all its DAGs are the live ones; None, and a warning, where that takes too long.

    `wanted` are its DAGs, where a check found them: a new one is waited for, and one that it has no more is not.
    """
    begun, longest = time.monotonic(), min(timeout, _SECONDS)
    with step(emit, "dags.seen", "Wait until Airflow has read them") as progress:
        while not is_seen(client, revision, wanted):
            if time.monotonic() - begun > longest:
                break
            time.sleep(_POLL_SECONDS)
        else:
            seconds = round(time.monotonic() - begun, 1)
            progress.note = f"after {seconds:.0f} s"
            return seconds
    message = f"Airflow has not read all DAG files of revision {revision[:12]} within {longest:.0f} s."
    emit(Warned("dags.not-seen", message, "See which it has: ./airstrip dags list; why: ./airstrip doctor"))
    return None


def is_seen(client: AirflowClient, revision: str, wanted: frozenset[str] | None = None) -> bool:
    """All that are wanted are of it. Where these are not known: none is of another one, but for those whose file cannot
    be imported now."""
    try:
        dags = [dag for dag in client.dags() if dag.bundle_name == BUNDLE]
        errors = any(error.bundle_name == BUNDLE for error in client.import_errors())
    except AirflowError as error:
        if not may_pass(error):
            raise
        return False
    if wanted is not None:
        return wanted <= {dag.dag_id for dag in dags if dag.version == revision}
    read = [dag for dag in defined_still(dags) if not dag.has_import_errors]
    return all(dag.version == revision for dag in read) and (bool(read) or errors)
