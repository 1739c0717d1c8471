"""Components, versions, health and the last runs of a deployment, whatever of it is there."""

from __future__ import annotations

from collections.abc import Sequence

from airstrip.airflow_api import Health
from airstrip.answers import ComponentData, State, StatusData
from airstrip.diagnose import NOT_READY, NOT_RUNNING, SILENT, UNHEALTHY, silence
from airstrip.errors import AirflowError, KubernetesError
from airstrip.findings import Finding
from airstrip.manifests import CLI_SECRET, build_manifests
from airstrip.operations.dag_files import import_error_findings, import_errors
from airstrip.operations.history import read_history
from airstrip.operations.render import NOT_BUILT
from airstrip.operations.session import Session
from airstrip.platform import Platform
from airstrip.result import Result

_KINDS = ("Deployment", "StatefulSet")
_RUNS = 5
_DATABASE = "metadatabase"
"""As Airflow calls it."""


def status(session: Session) -> Result[StatusData]:
    """Exit code 3 when something is not as it should be, or nothing is there.

    `state` is healthy, degraded, incomplete (`up` did not get to its end) or stopped.
    """
    platform = session.target.describe()
    if platform is None:
        gone: StatusData = {"name": session.spec.name, "state": "stopped", "components": []}
        return Result("status", gone, [_not_running(session)], 3)
    found: StatusData = {
        "name": session.spec.name,
        "state": "degraded",
        "url": platform.base_url,
        "place": platform.place,
        "placeState": session.target.condition(),
        "components": [],
    }
    findings = [_place_not_ready(found)] if found["placeState"] != "ready" else []
    try:
        _look(session, platform, found, findings)
    except (AirflowError, KubernetesError) as error:
        findings.append(_no_answer(error))
    found["state"] = _state(findings)
    return Result("status", found, findings, 3 if findings else 0)


def _state(findings: list[Finding]) -> State:
    if any(finding.code in ("deployment.not-landed", "deployment.up-failed") for finding in findings):
        return "incomplete"
    return "degraded" if findings else "healthy"


def _look(session: Session, platform: Platform, found: StatusData, findings: list[Finding]) -> None:
    """Adds what is there, and what is wrong, step by step: what was seen stays when the next step raises."""
    spec = session.spec
    found["versions"] = {"kubernetes": session.cluster.server_version()}
    found["components"] = _components(session)
    missing = _missing(session, platform, found["components"])
    findings += [_not_landed(spec.name, missing)] if missing else _last_failed(session)
    findings += [_not_ready(component) for component in found["components"] if not component["healthy"]]
    # Before it is landed, Airflow's API has nothing to say, and why it does not answer is known.
    if not missing:
        # What runs, as Airflow says; the file may name another one that was not landed yet.
        found["versions"] = {"airflow": session.airflow.version(), **found["versions"]}
        health = _look_at_airflow(session, found)
        findings += _unhealthy(health, spec.namespaces.control) + import_error_findings(found["importErrors"])


def _missing(session: Session, platform: Platform, components: Sequence[ComponentData]) -> list[str]:
    """What a landing has and this one lacks, by name."""
    spec = session.spec
    objects = [item for stage in build_manifests(spec, platform, NOT_BUILT, {}).stages for item in stage.objects]
    wanted = [str(item["metadata"]["name"]) for item in objects if item["kind"] in _KINDS]
    present = {component["component"] for component in components}
    missing = sorted(name for name in wanted if name not in present)
    if session.cluster.get("v1", "Secret", CLI_SECRET, spec.namespaces.control) is None:
        missing.append("its passwords")
    return missing


def _components(session: Session) -> list[ComponentData]:
    namespace = session.spec.namespaces.control
    selector = f"app.kubernetes.io/managed-by=airstrip,app.kubernetes.io/instance={session.spec.name}"
    rows: list[ComponentData] = []
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


def _look_at_airflow(session: Session, found: StatusData) -> Health:
    client = session.airflow
    health = client.health()
    # By the names that `logs` takes.
    states = {_DATABASE: health.database, **{name: beat.state for name, beat in health.components.items()}}
    found["health"] = {name: state or None for name, state in states.items()}
    found["runs"] = [
        {"dag": run.dag_id, "run": run.run_id, "state": run.state, "started": run.start_date}
        for run in client.dag_runs(None, limit=_RUNS)
    ]
    found["importErrors"] = import_errors(client)
    return health


def _not_running(session: Session) -> Finding:
    return NOT_RUNNING.finding({"name": session.spec.name})


def _place_not_ready(place: StatusData) -> Finding:
    return Finding(
        "deployment.place-not-ready",
        f"the place {place['place']} is {place['placeState']}",
        "It was started a moment ago, its start was interrupted, or a part of it keeps ending.",
        "Look again in a minute; or run: ./airstrip up   (as root, or with sudo)",
    )


def _no_answer(error: AirflowError | KubernetesError) -> Finding:
    return Finding(error.code, error.message, error.cause, error.fix)


def _not_landed(name: str, missing: list[str]) -> Finding:
    return Finding(
        "deployment.not-landed",
        f"{name} is not landed wholly: {', '.join(missing)} not there",
        "`up` was interrupted, or it failed.",
        "Run: ./airstrip up   (as root, or with sudo)",
    )


def _last_failed(session: Session) -> list[Finding]:
    """All of a landing is there, and it is not the one that was wanted last."""
    last = next(iter(read_history(session.cluster, session.spec.namespaces.control)[::-1]), None)
    if last is None or last.state != "failed":
        return []
    return [
        Finding(
            "deployment.up-failed",
            f"the last `up` failed: {last.error}",
            "What runs is the release before it, or parts of both.",
            "Run it again, it says what is wrong: ./airstrip up   (as root, or with sudo)",
        )
    ]


def _not_ready(component: ComponentData) -> Finding:
    fields = {"ready": str(component["ready"]), "wanted": str(component["wanted"])}
    return NOT_READY.finding({"component": component["component"], **fields})


def _unhealthy(health: Health, control: str) -> list[Finding]:
    """As Airflow says: of one that it calls unhealthy, how long ago its last heartbeat came."""
    sick = {name: beat for name, beat in health.components.items() if beat.state not in ("healthy", "")}
    findings = [SILENT[name].finding(silence(name, control, sick[name].age)) for name in SILENT if name in sick]
    return findings + ([UNHEALTHY.finding({})] if health.database not in ("healthy", "") else [])
