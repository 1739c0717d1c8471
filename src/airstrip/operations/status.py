"""Components, versions, health and the last runs of a deployment."""

from __future__ import annotations

from typing import Any

from airstrip.errors import AirflowError
from airstrip.operations.session import Session
from airstrip.result import Finding, Result

_KINDS = ("Deployment", "StatefulSet")
_RUNS = 5


def status(session: Session) -> Result:
    """Exit code 3 when something is not healthy, or nothing is there."""
    spec = session.spec
    platform = session.target.describe()
    if platform is None:
        finding = Finding(
            "deployment.not-running",
            f"{spec.name} is not running",
            "It was never landed, or it was taken down.",
            "Run: ./airstrip up   (as root, or with sudo)",
        )
        return Result("status", {"name": spec.name, "state": "stopped", "components": []}, [finding], 3)
    components = _components(session)
    findings = [_not_ready(component) for component in components if not component["healthy"]]
    airflow: dict[str, Any] = {}
    try:
        airflow = _airflow(session)
        findings += _airflow_findings(airflow)
    except AirflowError as error:
        findings.append(Finding(error.code, error.message, error.cause, error.fix))
    data = {
        "name": spec.name,
        "state": "degraded" if findings else "healthy",
        "url": platform.base_url,
        "place": platform.place,
        "versions": {"airflow": spec.airflow.version, "kubernetes": session.cluster.server_version()},
        "components": components,
        **airflow,
    }
    return Result("status", data, findings, 3 if any(f.code != "dags.import-error" for f in findings) else 0)


def _components(session: Session) -> list[dict[str, Any]]:
    namespace = session.spec.namespaces.control
    selector = f"app.kubernetes.io/managed-by=airstrip,app.kubernetes.io/instance={session.spec.name}"
    rows = []
    for kind in _KINDS:
        for workload in session.cluster.list("apps/v1", kind, namespace, label_selector=selector):
            wanted = workload["spec"].get("replicas", 1)
            ready = workload.get("status", {}).get("readyReplicas", 0)
            rows.append(
                {
                    "component": workload["metadata"]["name"],
                    "ready": ready,
                    "wanted": wanted,
                    "healthy": ready >= wanted,
                    "image": workload["spec"]["template"]["spec"]["containers"][0]["image"],
                }
            )
    return sorted(rows, key=lambda row: str(row["component"]))


def _airflow(session: Session) -> dict[str, Any]:
    client = session.airflow
    return {
        "health": client.health(),
        "runs": [
            {"dag": run.dag_id, "run": run.run_id, "state": run.state, "started": run.start_date}
            for run in client.dag_runs(None, limit=_RUNS)
        ],
        "importErrors": [
            {"file": error.filename, "bundle": error.bundle_name, "message": error.stack_trace.strip().splitlines()[-1]}
            for error in client.import_errors()
        ],
    }


def _not_ready(component: dict[str, Any]) -> Finding:
    name = component["component"]
    return Finding(
        "component.not-ready",
        f"{name}: {component['ready']} of {component['wanted']} ready",
        "Its pod is starting, failing or cannot be scheduled.",
        f"Read its log: ./airstrip logs {name}",
    )


def _airflow_findings(airflow: dict[str, Any]) -> list[Finding]:
    findings = [
        Finding(
            "airflow.unhealthy",
            f"Airflow says that its {name} is {state}",
            "It does not send heartbeats.",
            f"Read its log: ./airstrip logs {name.replace('_', '-')}",
        )
        for name, state in airflow["health"].items()
        if state not in ("healthy", None)
    ]
    for error in airflow["importErrors"]:
        findings.append(
            Finding("dags.import-error", f"{error['file']} cannot be imported", error["message"], "Mend the file.")
        )
    return findings
