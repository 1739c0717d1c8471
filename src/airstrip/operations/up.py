"""Lands a deployment: place, images, cluster objects in stages, Airflow. Each step can be run again."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from airstrip.answers import UpData
from airstrip.diagnose import ABSENT_CODES, LANDED_CODES
from airstrip.errors import AirstripError
from airstrip.events import Emit, Warned
from airstrip.file_lock import file_lock
from airstrip.kube import Lease
from airstrip.operations.causes import ending_with_causes
from airstrip.operations.dag_files import import_error_findings, known_import_errors
from airstrip.operations.dags_deliver import check_declared
from airstrip.operations.dags_still import StillDags, still_dags
from airstrip.operations.database_url import check_database_url
from airstrip.operations.git_secrets import check_git_references
from airstrip.operations.history import is_recorded, read_history, record_release
from airstrip.operations.image import check_baked_dags, ensure_images
from airstrip.operations.landing import Landing, land_stages
from airstrip.operations.open import ADMIN, has_admin
from airstrip.operations.ownership import check_ownership
from airstrip.operations.project_secrets import check_references
from airstrip.operations.render import check_manifests, expected_platform
from airstrip.operations.rights import check_landing_rights
from airstrip.operations.session import Session
from airstrip.operations.stages import Clock
from airstrip.operations.store_clients import absent_clients
from airstrip.platform import Platform
from airstrip.result import Result
from airstrip.targets.target import Confirm

_OWN = LANDED_CODES | {"deployment.not-landed", "component.image-differs", "airflow.version-differs"}
"""Of a landing that did not get to its end: what it had not come to yet, which is no reason why."""


def up(session: Session, emit: Emit, confirm: Confirm, *, timeout: float, force: bool = False) -> Result[UpData]:
    """Lands the deployment and waits until Airflow answers and knows its DAGs.

    `timeout` (seconds) bounds everything after the builds. A failed `up` keeps what it made, as
    evidence, and ends with what `doctor` finds; the next one mends it. Raises CheckError, before anything of what
    runs is changed, where a DAG file is broken; with `force`, one that cannot be imported is a finding.
    """
    spec = session.spec
    started = time.monotonic()
    # What is landed now may have another port, other certificates and other passwords.
    session.close()
    for warning in session.target.check():
        emit(Warned(warning.code, warning.symptom, warning.fix))
    manifests = check_manifests(session)
    check_landing_rights(session, manifests)
    check_ownership(session, manifests)
    check_references(spec)
    check_git_references(spec)
    check_database_url(spec, expected_platform(session))
    check_declared(spec)
    check_baked_dags(spec)
    with still_dags(spec) as dags, _ending_with_causes(session, emit):
        platform, changed = _land_locked(session, emit, confirm, timeout, dags, force=force)
        username = ADMIN if has_admin(session) else None
        # Not a failure of `up`: it has landed, and the file is mended without it.
        broken = import_error_findings(known_import_errors(session.airflow, emit))
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
        [*broken, *absent_clients(spec, spec.projects)],
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
    session: Session, emit: Emit, confirm: Confirm, timeout: float, dags: StillDags | None, *, force: bool
) -> tuple[Platform, int]:
    """The place, and how many objects changed. No other Airstrip is at work on it meanwhile."""
    spec = session.spec
    with file_lock(session.lock_file, spec.name):
        platform = session.target.ensure(emit, confirm)
        baked = dags.files if dags and spec.dags.baked else None
        images = ensure_images(spec, session.target, emit, baked, platform.registry)
        clock = Clock(time.monotonic() + timeout)
        with Lease(session.cluster, spec.namespaces.control, purpose="up") as lease:
            return platform, _land(Landing(session, emit, clock, lease, platform, images, dags, force))


def _land(landing: Landing) -> int:
    """Applies every stage in order and records the release; returns how many objects changed."""
    changed = 0
    try:
        for count in land_stages(landing):
            changed += count
    except AirstripError as error:
        with contextlib.suppress(AirstripError):
            _record(landing, changed, error.code)
        raise
    if changed or not _is_recorded(landing):
        _record(landing, changed)
    return changed


def _is_recorded(landing: Landing) -> bool:
    past = read_history(landing.cluster, landing.spec.namespaces.control)
    return is_recorded(past, airflow=landing.spec.airflow.version, images=landing.images.names)


def _record(landing: Landing, changed: int, error: str = "") -> None:
    record_release(
        landing.cluster,
        landing.spec.namespaces.control,
        airflow=landing.spec.airflow.version,
        changed=changed,
        images=landing.images.names,
        error=error,
    )
