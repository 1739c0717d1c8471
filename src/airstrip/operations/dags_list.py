"""The DAGs that Airflow knows, with their last runs, and the files that it cannot import."""

from __future__ import annotations

import re

from airstrip.airflow_api import Dag, DagImportError, DagRun
from airstrip.answers import DagData, DagsData, FileErrorData
from airstrip.errors import UsageError
from airstrip.manifests import DAG_PROCESSOR
from airstrip.operations.session import Session
from airstrip.redaction import without_credentials
from airstrip.result import Result

_BUILT_IN = "airstrip"
_IMAGE_BUNDLE = "main"


def list_dags(
    session: Session, *, bundle: str | None = None, only_errors: bool = False, built_in: bool = False
) -> Result[DagsData]:
    """By bundle and name; those of Airstrip's own bundle with `built_in`, or where it is the one that is asked for.

    Exit code 0 whatever it finds. Raises UsageError for a bundle that Airflow does not know.
    """
    client = session.airflow
    dags, errors = client.dags(), client.import_errors()
    known = {dag.bundle_name or "" for dag in dags} | {error.bundle_name or "" for error in errors}
    if bundle is not None and bundle not in known:
        raise UsageError(
            "dags.unknown-bundle",
            f"Airflow knows nothing of a bundle {bundle}",
            cause="No file of it has defined a DAG yet, or its name is another one.",
            fix=f"One of: {', '.join(sorted(known))}",
        )
    wanted = {bundle} if bundle else known - (set() if built_in else {_BUILT_IN})
    shown = [] if only_errors else [dag for dag in dags if (dag.bundle_name or "") in wanted]
    runs = client.scheduling.last_runs([dag.dag_id for dag in shown]) if shown else {}
    digest = _image_digest(session) if session.spec.dags.in_image else None
    rows = [_row(dag, runs.get(dag.dag_id), digest) for dag in shown]
    data: DagsData = {
        "name": session.spec.name,
        "dags": sorted(rows, key=lambda row: (row["bundle"], row["dag"])),
        "importErrors": [_error(error) for error in errors if (error.bundle_name or "") in wanted],
    }
    return Result("dags list", data)


def _image_digest(session: Session) -> str | None:
    """Of the image that the dag-processor has the DAGs from."""
    found = session.cluster.get("apps/v1", "Deployment", DAG_PROCESSOR, session.spec.namespaces.control)
    containers = found["spec"]["template"]["spec"]["containers"] if found else ()
    return next((each["image"].partition("@")[2] for each in containers if each["name"] == DAG_PROCESSOR), None)


def _row(dag: Dag, run: DagRun | None, digest: str | None) -> DagData:
    return {
        "dag": dag.dag_id,
        "bundle": dag.bundle_name or "",
        "version": digest if dag.bundle_name == _IMAGE_BUNDLE and digest else dag.version,
        "file": dag.file or "",
        "paused": dag.is_paused,
        "schedule": dag.schedule,
        "importError": dag.has_import_errors,
        "lastRun": {"run": run.run_id, "state": run.state, "started": run.start_date} if run else None,
    }


def _error(error: DagImportError) -> FileErrorData:
    return {
        "file": error.filename,
        "bundle": error.bundle_name or "",
        "line": _line(error),
        "message": without_credentials(error.stack_trace.strip().rpartition("\n")[2]),
    }


def _line(error: DagImportError) -> int | None:
    """The last one of the file itself that Python's stack trace names; Airflow keeps only the trace's end."""
    lines = re.findall(rf'File "[^"]*/{re.escape(error.filename)}", line (\d+)', error.stack_trace)
    return int(lines[-1]) if lines else None
