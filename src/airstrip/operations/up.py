"""Lands a deployment: place, images, cluster objects in stages, Airflow. Each step can be run again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airstrip.airflow_api import AirflowClient
from airstrip.answers import UpData
from airstrip.diagnose import ABSENT_CODES, LANDED_CODES
from airstrip.errors import AirflowError, AirstripError, WaitTimeout
from airstrip.events import Emit, Progress, step
from airstrip.file_lock import file_lock
from airstrip.kube import (
    Cluster,
    Lease,
    execute,
    has_failed,
    inventory,
    plan_changes,
    restart_crash_loops,
    wait_for_job,
    wait_for_rollout,
)
from airstrip.manifests import Images, SecretValues, Stage, build_manifests, build_secrets
from airstrip.operations.causes import ending_with_causes
from airstrip.operations.dag_files import await_first_parse, import_error_findings, known_import_errors
from airstrip.operations.dags_gate import DagsGate
from airstrip.operations.git_secrets import check_git_references, read_git_secrets
from airstrip.operations.history import is_recorded, read_history, record_release
from airstrip.operations.image import built_names, ensure_images
from airstrip.operations.open import ADMIN, has_admin
from airstrip.operations.plan import objects_of
from airstrip.operations.pools import ensure_pools, pools_of
from airstrip.operations.project_secrets import check_references, declared_secrets
from airstrip.operations.project_store import kept_projects, tell_airflow
from airstrip.operations.render import check_manifests
from airstrip.operations.secrets import ensure_secrets
from airstrip.operations.session import Session
from airstrip.paths import lock_file
from airstrip.platform import Platform
from airstrip.result import Result
from airstrip.targets.target import Confirm

BUILT_IN_DAG = "smoke"
_PREPARED, _ROLLS = "foundation", "airflow"
"""Stages: what a pod of the check reads is there; what runs is replaced."""
_POLL_SECONDS = 0.5
_OURS = "app.kubernetes.io/managed-by=airstrip"
_WORKLOADS = ("Deployment", "StatefulSet")
_OWN = LANDED_CODES | {"deployment.not-landed", "component.image-differs", "airflow.version-differs"}
"""Of a landing that did not get to its end: what it had not come to yet, which is no reason why."""


@dataclass(frozen=True)
class _Clock:
    """What is left of `up`'s timeout once the place and the images are there, in seconds."""

    deadline: float

    @property
    def left(self) -> float:
        return max(1.0, self.deadline - time.monotonic())


def up(session: Session, emit: Emit, confirm: Confirm, *, timeout: float, force: bool = False) -> Result[UpData]:
    """Lands the deployment and waits until Airflow answers and knows its DAGs.

    `timeout` (seconds) bounds everything after the builds. A failed `up` keeps what it made, as
    evidence, and ends with what `doctor` finds; the next one mends it. Raises CheckError before Airflow rolls
    where a DAG file is broken; with `force`, one that cannot be imported is a finding.
    """
    spec = session.spec
    started = time.monotonic()
    # What is landed now may have another port, other certificates and other passwords.
    session.close()
    session.target.check()
    check_manifests(session)
    check_references(spec)
    check_git_references(spec)
    with _ending_with_causes(session, emit):
        platform, changed = _land_locked(session, emit, confirm, timeout, force=force)
        username = ADMIN if has_admin(session) else None
        # Not a failure of `up`: it has landed, and the file is mended without it.
        findings = import_error_findings(known_import_errors(session.airflow, emit))
    return Result(
        "up",
        {
            "name": spec.name,
            "url": platform.base_url,
            "username": username,
            "place": platform.place,
            "airflow": spec.airflow.version,
            "namespaces": {"control": spec.namespaces.control, "workers": spec.namespaces.workers},
            "changed": changed,
            "seconds": round(time.monotonic() - started, 1),
        },
        findings,
    )


@contextlib.contextmanager
def _ending_with_causes(session: Session, emit: Emit) -> Iterator[None]:
    """Without what is recorded and not made yet, where no pod asks for it."""
    try:
        with ending_with_causes(session, emit, own=_OWN):
            yield
    except AirstripError as error:
        error.findings = [each for each in error.findings if each.evidence or each.code not in ABSENT_CODES]
        raise


def _land_locked(
    session: Session, emit: Emit, confirm: Confirm, timeout: float, *, force: bool
) -> tuple[Platform, int]:
    """The place, and how many objects changed. No other Airstrip is at work on it meanwhile."""
    spec = session.spec
    with file_lock(lock_file(spec.name), spec.name):
        platform = session.target.ensure(emit, confirm)
        images = ensure_images(spec, session.target, emit)
        cluster = session.cluster
        clock = _Clock(time.monotonic() + timeout)
        with Lease(cluster, spec.namespaces.control, purpose="up") as lease:
            return platform, _land(session, platform, images, lease, emit, clock, force=force)


def _land(
    session: Session, platform: Platform, images: Images, lease: Lease, emit: Emit, clock: _Clock, *, force: bool
) -> int:
    """Applies every stage in order and records the release; returns how many objects changed."""
    changed = 0
    try:
        for count in _land_stages(session, platform, images, lease, emit, clock, force=force):
            changed += count
    except AirstripError as error:
        with contextlib.suppress(AirstripError):
            _record(session, images, changed, error.code)
        raise
    if changed or not _is_recorded(session, images):
        _record(session, images, changed)
    return changed


def _is_recorded(session: Session, images: Images) -> bool:
    spec = session.spec
    past = read_history(session.cluster, spec.namespaces.control)
    return is_recorded(past, airflow=spec.airflow.version, images=built_names(spec, images))


def _land_stages(
    session: Session, platform: Platform, images: Images, lease: Lease, emit: Emit, clock: _Clock, *, force: bool
) -> Iterator[int]:
    """Each stage is planned when its inputs are known, and exactly that is done; yields the number of its changes."""
    spec, cluster = session.spec, session.cluster
    namespace = spec.namespaces.control
    checksums = ensure_secrets(cluster, build_secrets(spec, SecretValues.generate()), emit)
    kept = kept_projects(cluster, spec)
    manifests = build_manifests(spec, platform, images, checksums, kept, read_git_secrets(spec, cluster))
    secrets = declared_secrets(cluster, spec)
    previous = inventory.read(cluster, namespace)
    current = inventory.entries((*objects_of(manifests), *secrets))
    # Recorded before anything is applied: what an interrupted `up` made is then known to `down`.
    inventory.write(cluster, namespace, previous | current)
    _drop_failed_jobs(cluster, previous - current)
    restart_crash_loops(cluster, namespace, f"{_OURS},app.kubernetes.io/instance={spec.name}")
    with DagsGate(session, manifests, force) as gate:
        for stage in (*([Stage("project-secrets", secrets)] if secrets else []), *manifests.stages):
            lease.check()
            if stage.name == _ROLLS:
                gate.hold(emit, clock.left)
            yield _apply_stage(session, stage, emit, clock)
            if stage.name == _PREPARED:
                gate.start()
    lease.check()
    awaited = _awaited(cluster, spec.namespaces.workers, previous)
    yield _prune(cluster, namespace, previous, current | awaited, emit)
    workloads = [item for item in objects_of(manifests) if item["kind"] in _WORKLOADS]
    with step(emit, "airflow.ready", "Wait for Airflow") as progress:
        _await_ready(session, workloads, progress, clock)
        await_first_parse(session.airflow, spec.dags.path)
    lease.check()
    yield ensure_pools(session.airflow, pools_of({**kept, **spec.projects}), emit)
    tell_airflow(cluster, spec)


def _record(session: Session, images: Images, changed: int, error: str = "") -> None:
    spec = session.spec
    names = built_names(spec, images)
    record_release(
        session.cluster,
        spec.namespaces.control,
        airflow=spec.airflow.version,
        changed=changed,
        images=names,
        error=error,
    )


def _prune(
    cluster: Cluster,
    namespace: str,
    previous: frozenset[inventory.Entry],
    current: frozenset[inventory.Entry],
    emit: Emit,
) -> int:
    """Returns how many are gone. A step only where there is something to take away."""
    if not inventory.prunable(previous, current):
        return len(inventory.prune(cluster, namespace, previous, current))
    with step(emit, "apply.prune", "Take away what is no longer wanted") as progress:
        gone = inventory.prune(cluster, namespace, previous, current)
        progress.note = f"{len(gone)} objects"
    return len(gone)


def _drop_failed_jobs(cluster: Cluster, superseded: frozenset[inventory.Entry]) -> None:
    """Of an `up` that failed, and whose file was changed since: what they say is not wrong any more."""
    for entry in superseded:
        found = cluster.get(entry.api_version, "Job", entry.name, entry.namespace) if entry.kind == "Job" else None
        if found and has_failed(found):
            cluster.delete(entry.api_version, "Job", entry.name, entry.namespace)


def _awaited(cluster: Cluster, namespace: str, recorded: frozenset[inventory.Entry]) -> frozenset[inventory.Entry]:
    """What a task's pod was made with and has not mounted yet: without it, it could not start."""
    mounted = {
        (kind, volume[source][key])
        for pod in cluster.list("v1", "Pod", namespace, field_selector="status.phase=Pending")
        for volume in pod["spec"].get("volumes") or ()
        for kind, source, key in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName"))
        if source in volume
    }
    return frozenset(
        entry for entry in recorded if entry.namespace == namespace and (entry.kind, entry.name) in mounted
    )


def _apply_stage(session: Session, stage: Stage, emit: Emit, clock: _Clock) -> int:
    cluster = session.cluster
    with step(emit, f"apply.{stage.name}", f"Apply {stage.name}") as progress:
        changes = plan_changes(cluster, stage.objects)
        for change in changes:
            progress.say(f"{change.action} {change.entry.kind} {change.entry.name}")
            execute(cluster, change)
        for item in stage.objects:
            _await_object(cluster, item, progress, clock)
        progress.note = f"{len(stage.objects)} objects, {len(changes)} changed"
    return len(changes)


def _await_object(cluster: Cluster, item: Mapping[str, Any], progress: Progress, clock: _Clock) -> None:
    kind, metadata = item["kind"], item["metadata"]
    if kind in _WORKLOADS:
        wait_for_rollout(
            cluster, kind, metadata["name"], metadata["namespace"], timeout=clock.left, on_progress=progress.say
        )
    elif kind == "Job":
        wait_for_job(cluster, metadata["name"], metadata["namespace"], timeout=clock.left, on_progress=progress.say)


def _await_ready(session: Session, workloads: Sequence[Mapping[str, Any]], progress: Progress, clock: _Clock) -> None:
    """Until Airflow answers and all its processes are ready."""
    _await_airflow(session.airflow, progress, clock)
    # Once more: after a power cut the cluster tells for some seconds what was true before it.
    for item in workloads:
        _await_object(session.cluster, item, progress, clock)


_STALE_SECONDS = 30.0
"""After another base URL the pod before still answers for so long at most, below its own path."""


def _await_airflow(client: AirflowClient, progress: Progress, clock: _Clock) -> None:
    """Until the API answers through the way in that users take, and the built-in DAG is known."""
    last, stale = "", time.monotonic() + _STALE_SECONDS
    while True:
        try:
            client.dag(BUILT_IN_DAG)
            return
        except AirflowError as error:
            last = error.message
            may_pass = {"airflow.unreachable", "airflow.dag-not-found", "airflow.unavailable"}
            if error.code not in may_pass | ({"airflow.not-airflow"} if time.monotonic() < stale else set()):
                raise
        if clock.left <= 1.0:
            raise WaitTimeout(
                "airflow.not-ready",
                "Airflow did not become ready in time",
                cause=f"Last state: {last}",
                fix="Look at: ./airstrip status; ./airstrip logs dag-processor",
            )
        progress.say(last)
        time.sleep(_POLL_SECONDS)
