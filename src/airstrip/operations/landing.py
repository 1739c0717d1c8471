"""What `up` does in the cluster: stage by stage, with the checks before anything changes that running tasks see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airstrip.events import Emit, step
from airstrip.kube import Cluster, Lease, inventory
from airstrip.manifests import SCHEDULER, ManifestSet, SecretValues, Stage, build_manifests, build_secrets
from airstrip.operations.dags_awaited import await_dags
from airstrip.operations.dags_change import make_way
from airstrip.operations.dags_deliver import Delivery
from airstrip.operations.dags_facts import Processor, processor_of
from airstrip.operations.dags_gate import DagsGate
from airstrip.operations.dags_still import StillDags
from airstrip.operations.database_url import read_url_secret
from airstrip.operations.git_secrets import read_git_secrets
from airstrip.operations.image import LandedImages
from airstrip.operations.plan import objects_of
from airstrip.operations.pools import ensure_pools, pools_of
from airstrip.operations.project_secrets import declared_secrets
from airstrip.operations.project_store import kept_projects, tell_airflow
from airstrip.operations.record import recorded
from airstrip.operations.secrets import ensure_secrets
from airstrip.operations.session import Session
from airstrip.operations.stages import Clock, Stages
from airstrip.operations.superseded import (
    awaited,
    delete_ended_pods,
    drop_failed_jobs,
    kept_for_work,
    left_namespaces,
    prune,
    require_left_idle,
)
from airstrip.platform import Platform
from airstrip.spec import Project, Spec

_CHANGES, _ROLLS = "foundation", "airflow"
"""Stages: what keeps its name while it changes, so that running tasks may see it; what runs is replaced."""


@dataclass(frozen=True)
class Landing:
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


@dataclass(frozen=True)
class Order:
    """Stages before DAG files are checked, beside that, and after it."""

    before: Sequence[Stage]
    beside: Sequence[Stage]
    after: Sequence[Stage]


def in_order(stages: Sequence[Stage], secrets: Sequence[Mapping[str, Any]], *, runs: bool) -> Order:
    """Where a release `runs`, its tasks see nothing of what is refused: all before the check is named by its contents.

    Where none does, the database and the migration, which mostly wait, need not wait for the check.
    """
    names = [stage.name for stage in stages]
    changes, rolls = names.index(_CHANGES), names.index(_ROLLS)
    own = [Stage("project-secrets", tuple(map(dict, secrets)))] if secrets else []
    others = [*own, *stages[changes:rolls]]
    last = stages[rolls:]
    return Order(stages[:changes], [] if runs else others, [*others, *last] if runs else last)


def land_stages(landing: Landing) -> Iterator[int]:
    """Each stage is planned when its inputs are known, and exactly that is done; yields the number of its changes."""
    session, spec, cluster, emit = landing.session, landing.spec, landing.cluster, landing.emit
    kept = kept_projects(cluster, spec)
    manifests = _manifests(landing, kept)
    secrets = declared_secrets(cluster, spec)
    current = inventory.entries((*objects_of(manifests), *secrets))
    with recorded(cluster, spec.namespaces.control, current) as previous:
        left = left_namespaces(spec, previous)
        require_left_idle(cluster, spec.name, left)
        drop_failed_jobs(cluster, previous - current)
        stages = Stages(session, emit, landing.clock, landing.lease)
        delivery = Delivery(session, landing.lease, emit, landing.dags, lambda: landing.clock.left)
        order = in_order(manifests.stages, secrets, runs=_runs(landing))
        with DagsGate(session, manifests, landing.dags, landing.force) as gate:
            yield from map(stages.apply, order.before)
            gate.start()
            yield from map(stages.apply, order.beside)
            gate.hold(emit, landing.clock.left)
            for stage in order.after:
                if stage.name == _ROLLS:
                    # Minutes may have passed; and soon nobody looks after what has begun meanwhile.
                    require_left_idle(cluster, spec.name, left)
                    yield _prepare_roll(landing, delivery, processor_of(manifests))
                yield stages.apply(stage)
        landing.lease.check()
        needed = awaited(cluster, (*spec.task_namespaces, *left), previous)
        needed |= kept_for_work(cluster, spec.name, left, previous, emit)
        yield prune(cluster, spec.namespaces.control, previous, current | needed, emit)
        delete_ended_pods(cluster, spec.name, left)
        with step(emit, "airflow.ready", "Wait for Airflow") as progress:
            stages.await_airflow(objects_of(manifests), progress)
            files = landing.dags.known if landing.dags else None
            await_dags(session, gate.facts, files, emit, progress.say, timeout=landing.clock.left)
        yield delivery.after_roll(gate.facts)
        landing.lease.check()
        yield ensure_pools(session.airflow, pools_of({**kept, **spec.projects}), emit)
        tell_airflow(cluster, spec)


def _runs(landing: Landing) -> bool:
    """Whether there is a release whose tasks would see what changes."""
    return landing.cluster.get("apps/v1", "Deployment", SCHEDULER, landing.spec.namespaces.control) is not None


def _manifests(landing: Landing, kept: Mapping[str, Project]) -> ManifestSet:
    spec, cluster = landing.spec, landing.cluster
    checksums = ensure_secrets(cluster, build_secrets(spec, SecretValues.generate()), landing.emit)
    git_secrets = read_git_secrets(spec, cluster)
    url_secret = read_url_secret(spec, cluster)
    return build_manifests(spec, landing.platform, landing.images, checksums, kept, git_secrets, url_secret)


def _prepare_roll(landing: Landing, delivery: Delivery, new: Processor) -> int:
    """Until here what runs has its DAGs as it had them; from here on it may not."""
    changed = delivery.before_roll(new)
    landing.session.target.switch_dags()
    make_way(landing.session, new, landing.emit, landing.clock.left)
    return changed
