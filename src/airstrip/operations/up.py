"""Lands a deployment: place, images, cluster objects in stages, Airflow. Each step can be run again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from airstrip.answers import UpData
from airstrip.diagnose import ABSENT_CODES, LANDED_CODES
from airstrip.errors import AirstripError
from airstrip.events import Emit, step
from airstrip.file_lock import file_lock
from airstrip.kube import Cluster, Lease, inventory
from airstrip.manifests import ManifestSet, SecretValues, Stage, build_manifests, build_secrets
from airstrip.operations.causes import ending_with_causes
from airstrip.operations.dag_files import import_error_findings, known_import_errors
from airstrip.operations.dags_awaited import await_dags
from airstrip.operations.dags_change import make_way
from airstrip.operations.dags_deliver import Delivery, check_declared
from airstrip.operations.dags_facts import Processor, processor_of
from airstrip.operations.dags_gate import DagsGate
from airstrip.operations.dags_still import StillDags, still_dags
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
from airstrip.spec import Project, Spec
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
    with still_dags(spec) as dags, _ending_with_causes(session, emit):
        platform, changed = _land_locked(session, emit, confirm, timeout, dags, force=force)
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


@dataclass(frozen=True)
class _Landing:
    """What every step of it needs."""

    session: Session
    emit: Emit
    clock: Clock
    lease: Lease
    platform: Platform
    images: LandedImages
    dags: StillDags | None
    force: bool

    @property
    def spec(self) -> Spec:
        return self.session.spec

    @property
    def cluster(self) -> Cluster:
        return self.session.cluster


def _land_locked(
    session: Session, emit: Emit, confirm: Confirm, timeout: float, dags: StillDags | None, *, force: bool
) -> tuple[Platform, int]:
    """The place, and how many objects changed. No other Airstrip is at work on it meanwhile."""
    spec = session.spec
    with file_lock(lock_file(spec.name), spec.name):
        platform = session.target.ensure(emit, confirm)
        images = ensure_images(spec, session.target, emit, dags.files if dags and spec.dags.baked else None)
        clock = Clock(time.monotonic() + timeout)
        with Lease(session.cluster, spec.namespaces.control, purpose="up") as lease:
            return platform, _land(_Landing(session, emit, clock, lease, platform, images, dags, force))


def _land(landing: _Landing) -> int:
    """Applies every stage in order and records the release; returns how many objects changed."""
    changed = 0
    try:
        for count in _land_stages(landing):
            changed += count
    except AirstripError as error:
        with contextlib.suppress(AirstripError):
            _record(landing, changed, error.code)
        raise
    if changed or not _is_recorded(landing):
        _record(landing, changed)
    return changed


def _is_recorded(landing: _Landing) -> bool:
    past = read_history(landing.cluster, landing.spec.namespaces.control)
    return is_recorded(past, airflow=landing.spec.airflow.version, images=landing.images.names)


def _land_stages(landing: _Landing) -> Iterator[int]:
    """Each stage is planned when its inputs are known, and exactly that is done; yields the number of its changes."""
    session, spec, cluster, emit = landing.session, landing.spec, landing.cluster, landing.emit
    kept = kept_projects(cluster, spec)
    manifests = _manifests(landing, kept)
    secrets = declared_secrets(cluster, spec)
    current = inventory.entries((*objects_of(manifests), *secrets))
    with recorded(cluster, spec.namespaces.control, current) as previous:
        drop_failed_jobs(cluster, previous - current)
        stages = Stages(session, emit, landing.clock)
        delivery = Delivery(session, landing.lease, emit, landing.dags)
        with DagsGate(session, manifests, landing.dags, landing.force) as gate:
            for stage in (*([Stage("project-secrets", secrets)] if secrets else []), *manifests.stages):
                landing.lease.check()
                if stage.name == _ROLLS:
                    gate.hold(emit, landing.clock.left)
                    yield _prepare_roll(landing, delivery, processor_of(manifests))
                yield stages.apply(stage)
                if stage.name == _PREPARED:
                    gate.start()
        landing.lease.check()
        needed = awaited(cluster, spec.task_namespaces, previous)
        yield prune(cluster, spec.namespaces.control, previous, current | needed, emit)
        with step(emit, "airflow.ready", "Wait for Airflow") as progress:
            stages.await_airflow(objects_of(manifests), progress)
            files = landing.dags.known if landing.dags else None
            await_dags(session, gate.facts, files, emit, progress.say, timeout=landing.clock.left)
        yield delivery.after_roll(gate.facts)
        landing.lease.check()
        yield ensure_pools(session.airflow, pools_of({**kept, **spec.projects}), emit)
        tell_airflow(cluster, spec)


def _manifests(landing: _Landing, kept: Mapping[str, Project]) -> ManifestSet:
    spec, cluster = landing.spec, landing.cluster
    checksums = ensure_secrets(cluster, build_secrets(spec, SecretValues.generate()), landing.emit)
    git_secrets = read_git_secrets(spec, cluster)
    return build_manifests(spec, landing.platform, landing.images, checksums, kept, git_secrets)


def _prepare_roll(landing: _Landing, delivery: Delivery, new: Processor) -> int:
    """Until here what runs has its DAGs as it had them; from here on it may not."""
    changed = delivery.before_roll(new)
    landing.session.target.switch_dags()
    make_way(landing.session, new, landing.emit, landing.clock.left)
    return changed


def _record(landing: _Landing, changed: int, error: str = "") -> None:
    record_release(
        landing.cluster,
        landing.spec.namespaces.control,
        airflow=landing.spec.airflow.version,
        changed=changed,
        images=landing.images.names,
        error=error,
    )
