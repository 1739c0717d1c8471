"""Pushed DAGs are live: the volume has the files that were pushed, and Airflow has read those."""

from __future__ import annotations

import time
from collections.abc import Sequence

from airstrip.airflow_api import AirflowClient, Dag, may_pass
from airstrip.dags import revision_by
from airstrip.errors import AirflowError
from airstrip.events import discard
from airstrip.operations.dags_seen import BUNDLE, is_seen
from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.scene import Scene
from airstrip.operations.pushed_dags import opened

_PARSED_SECONDS = 35.0
"""Files that did not change are read again every half minute."""
_AT_WORK_SECONDS = 75.0
"""Within so long a dag-processor that runs has read the built-in files again, whatever else it has to read."""
_BUILT_IN = "airstrip"
_POLL_SECONDS = 0.5


def from_push(scene: Scene) -> Outcome:
    """Pushes nothing: what is live is somebody's."""
    airflow = scene.airflow
    with opened(scene.session, discard, writes=False) as volume:
        live = volume.state().live
        if live is None:
            return not_applicable("nothing was pushed yet")
        marks = volume.fingerprints(live)
    if revision_by(marks) != live:
        return failed(
            "dags",
            f"the files of revision {live[:12]} are not those that were pushed",
            "Somebody changed them in the volume, or its disk lost some.",
            "Push them again, from the folder or the commit that they are of: ./airstrip dags push",
        )
    if not marks:
        return not_applicable("the live revision has no file")
    began, before = time.monotonic(), dict[str, str | None]()
    while not is_seen(airflow, live):
        waited, dags = time.monotonic() - began, _known(airflow)
        has_dags = any(dag.bundle_name == BUNDLE for dag in dags)
        # When the built-in DAGs' files were read last: another time is another look of the dag-processor.
        read = {dag.dag_id: dag.last_parsed for dag in dags if dag.bundle_name == _BUILT_IN}
        before = before or read
        if waited > _PARSED_SECONDS and not has_dags and read and read != before:
            return not_applicable(
                "Airflow reads files, and finds no DAG in the live revision: nothing shows that it has read that"
            )
        if waited > (_PARSED_SECONDS if has_dags else _AT_WORK_SECONDS):
            return failed(
                "dags",
                f"Airflow has not read all DAG files of the live revision {live[:12]}",
                "The dag-processor does not run, is busy with other files, or a file cannot be imported.",
                "See which it has: ./airstrip dags list; its log: ./airstrip logs dag-processor",
            )
        scene.say("Airflow reads the live revision")
        time.sleep(_POLL_SECONDS)
    return proved(f"revision {live[:12]} is live and whole, and Airflow has read it")


def _known(airflow: AirflowClient) -> Sequence[Dag]:
    """Nothing while Airflow does not answer, which may pass."""
    try:
        return airflow.dags()
    except AirflowError as error:
        if not may_pass(error):
            raise
        return ()
