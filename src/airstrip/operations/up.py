"""Lands a deployment: place, images, cluster objects in stages, Airflow. Each step can be run again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from airstrip.answers import UpData
from airstrip.diagnose import ABSENT_CODES, LANDED_CODES
from airstrip.errors import AirstripError
from airstrip.events import Emit, step
from airstrip.file_lock import file_lock
from airstrip.kube import Lease, inventory
from airstrip.manifests import SecretValues, Stage, build_manifests, build_secrets
from airstrip.operations.causes import ending_with_causes
from airstrip.operations.dag_files import import_error_findings, known_import_errors
from airstrip.operations.dags_awaited import await_dags
from airstrip.operations.dags_change import make_way
from airstrip.operations.dags_deliver import Delivery, check_declared
from airstrip.operations.dags_facts import Processor, processor_of
from airstrip.operations.dags_gate import DagsGate
from airstrip.operations.git_secrets import check_git_references, read_git_secrets
from airstrip.operations.history import is_recorded, read_history, record_release
from airstrip.operations.image import LandedImages, check_baked_dags, ensure_images
from airstrip.operations.open import ADMIN, has_admin
from airstrip.operations.plan import objects_of
from airstrip.operations.pools import ensure_pools, pools_of
from airstrip.operations.project_secrets import check_references, declared_secrets
from airstrip.operations.project_store import kept_projects, tell_airflow
from airstrip.operations.record import recorded
from airstrip.operations.render import check_manifests
from airstrip.operations.secrets import ensure_secrets
from airstrip.operations.session import Session
from airstrip.operations.stages import Clock, Stages
from airstrip.operations.superseded import awaited, drop_failed_jobs, prune
from airstrip.paths import lock_file
from airstrip.platform import Platform
from airstrip.result import Result
from airstrip.targets.target import Confirm

_PREPARED, _ROLLS = "foundation", "airflow"
"""Stages: what a pod of the check reads is there; what runs is replaced."""
_OWN = LANDED_CODES | {"deployment.not-landed", "component.image-differs", "airflow.version-differs"}
"""Of a landing that did not get to its end: what it had not come to yet, which is no reason why."""


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
    check_declared(spec)
    check_baked_dags(spec)
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
        clock = Clock(time.monotonic() + timeout)
        with Lease(cluster, spec.namespaces.control, purpose="up") as lease:
            return platform, _land(session, platform, images, lease, emit, clock, force=force)


def _land(
    session: Session, platform: Platform, images: LandedImages, lease: Lease, emit: Emit, clock: Clock, *, force: bool
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


def _is_recorded(session: Session, images: LandedImages) -> bool:
    spec = session.spec
    past = read_history(session.cluster, spec.namespaces.control)
    return is_recorded(past, airflow=spec.airflow.version, images=images.names)


def _land_stages(
    session: Session, platform: Platform, images: LandedImages, lease: Lease, emit: Emit, clock: Clock, *, force: bool
) -> Iterator[int]:
    """Each stage is planned when its inputs are known, and exactly that is done; yields the number of its changes."""
    spec, cluster = session.spec, session.cluster
    namespace = spec.namespaces.control
    checksums = ensure_secrets(cluster, build_secrets(spec, SecretValues.generate()), emit)
    kept = kept_projects(cluster, spec)
    manifests = build_manifests(spec, platform, images, checksums, kept, read_git_secrets(spec, cluster))
    secrets = declared_secrets(cluster, spec)
    current = inventory.entries((*objects_of(manifests), *secrets))
    with recorded(cluster, namespace, current) as previous:
        drop_failed_jobs(cluster, previous - current)
        stages, delivery = Stages(session, emit, clock), Delivery(session, lease, emit)
        with DagsGate(session, manifests, force) as gate:
            for stage in (*([Stage("project-secrets", secrets)] if secrets else []), *manifests.stages):
                lease.check()
                if stage.name == _ROLLS:
                    gate.hold(emit, clock.left)
                    yield _prepare_roll(session, delivery, processor_of(manifests), emit, clock)
                yield stages.apply(stage)
                if stage.name == _PREPARED:
                    gate.start()
        lease.check()
        needed = awaited(cluster, spec.task_namespaces, previous)
        yield prune(cluster, namespace, previous, current | needed, emit)
        with step(emit, "airflow.ready", "Wait for Airflow") as progress:
            stages.await_airflow(objects_of(manifests), progress)
            await_dags(session, gate.facts, emit, progress.say, timeout=clock.left)
        yield delivery.after_roll(gate.facts)
        lease.check()
        yield ensure_pools(session.airflow, pools_of({**kept, **spec.projects}), emit)
        tell_airflow(cluster, spec)


def _prepare_roll(session: Session, delivery: Delivery, new: Processor, emit: Emit, clock: Clock) -> int:
    """Until here what runs has its DAGs as it had them; from here on it may not."""
    changed = delivery.before_roll(new)
    session.target.switch_dags()
    make_way(session, new, emit, clock.left)
    return changed


def _record(session: Session, images: LandedImages, changed: int, error: str = "") -> None:
    spec = session.spec
    record_release(
        session.cluster,
        spec.namespaces.control,
        airflow=spec.airflow.version,
        changed=changed,
        images=images.names,
        error=error,
    )
