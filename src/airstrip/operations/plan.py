"""What `up` would do: ordered stages of commands and changes. Builds nothing, starts nothing, generates no secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airstrip.answers import PlanData, StageData
from airstrip.errors import AirstripError
from airstrip.kube import Change, Cluster, compare, inventory, plan_changes
from airstrip.manifests import SECRETS, Images, ManifestSet, build_manifests, checksum, missing_keys
from airstrip.operations.dags_deliver import planned_push
from airstrip.operations.git_secrets import read_git_secrets
from airstrip.operations.history import landed_images
from airstrip.operations.image import plan_images
from airstrip.operations.pools import planned_pools, pools_of
from airstrip.operations.project_secrets import declared_secrets, secret_entries
from airstrip.operations.project_store import kept_projects
from airstrip.operations.render import check_manifests
from airstrip.operations.session import Session
from airstrip.platform import Platform
from airstrip.result import Result
from airstrip.targets.landed import require_same_namespace

_NOT_GENERATED = "known after up"


@dataclass(frozen=True)
class PlannedStage:
    """`known_after` names the stage whose result this one waits for; then it lists nothing."""

    name: str
    commands: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    known_after: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.commands or self.changes or self.known_after)

    def to_dict(self) -> StageData:
        return {
            "name": self.name,
            "commands": list(self.commands),
            "changes": [change.to_dict() for change in self.changes],
            "knownAfter": self.known_after or None,
        }


def plan(session: Session, *, exit_code: bool = False) -> Result[PlanData]:
    """The plan as data. Exit code 3 with changes where `exit_code` asks for it."""
    stages = plan_stages(session)
    empty = all(stage.is_empty for stage in stages)
    data: PlanData = {
        "name": session.spec.name,
        "changed": not empty,
        "counts": _counts(stages),
        "stages": [stage.to_dict() for stage in stages],
    }
    return Result("plan", data, exit_code=3 if exit_code and not empty else 0)


def plan_stages(session: Session) -> tuple[PlannedStage, ...]:
    """Stages in the order of `up`: place, images, secrets, those of the manifests, prune."""
    platform = session.target.describe()
    if platform is None:
        check_manifests(session)
        place = PlannedStage("place", session.target.plan())
        return place, _plan_images(session, {}), PlannedStage("airflow", known_after="place")
    cluster = session.cluster
    require_same_namespace(session.spec, cluster)
    objects = plan_changes(cluster, session.target.cluster_objects())
    place = PlannedStage("place", session.target.plan(), objects)
    landed = landed_images(session.cluster, session.spec.namespaces.control)
    if place.commands:
        return place, _plan_images(session, landed), PlannedStage("airflow", known_after="place")
    images = plan_images(session.spec, landed).references
    stages = (place, _plan_images(session, landed))
    if images is None:
        return *stages, PlannedStage("airflow", known_after="image")
    return *stages, *_plan_cluster(session, platform, images)


def _plan_cluster(session: Session, platform: Platform, images: Images) -> tuple[PlannedStage, ...]:
    cluster, namespace = session.cluster, session.spec.namespaces.control
    checksums, lacking = _read_secrets(session)
    kept = kept_projects(cluster, session.spec)
    git_secrets = read_git_secrets(session.spec, cluster)
    manifests = build_manifests(session.spec, platform, images, checksums, kept, git_secrets)
    previous = inventory.read(cluster, namespace)
    current = inventory.entries(objects_of(manifests)) | secret_entries(session.spec)
    gone = inventory.prunable(previous, current)
    removed = tuple(Change("remove", entry) for entry in gone)
    of_projects = (_plan_project_secrets(session), _plan_pools(session, pools_of({**kept, **session.spec.projects})))
    told = [stage for stage in (*of_projects, _plan_dags(session)) if not stage.is_empty]
    return (
        PlannedStage("secrets", tuple(f"generate {what} in {namespace}" for what in lacking)),
        *(
            PlannedStage(stage.name, changes=with_predecessors(cluster, plan_changes(cluster, stage.objects), gone))
            for stage in manifests.stages
        ),
        PlannedStage("prune", changes=removed),
        *told,
    )


def _plan_dags(session: Session) -> PlannedStage:
    """What `up` pushes of the file's folder."""
    return PlannedStage("dags", planned_push(session))


def _plan_project_secrets(session: Session) -> PlannedStage:
    """Whoever asks may lack what `up` will have: a variable of root's, a file."""
    cluster, spec = session.cluster, session.spec
    try:
        return PlannedStage("project-secrets", changes=plan_changes(cluster, declared_secrets(cluster, spec)))
    except AirstripError as error:
        if not error.code.startswith("reference."):
            raise
        named = [(name, key, text) for name in spec.projects for key, text in spec.projects[name].secrets.items()]
        return PlannedStage("project-secrets", tuple(f"read {text} for {key} of {name}" for name, key, text in named))


def _plan_pools(session: Session, wanted: Mapping[str, int]) -> PlannedStage:
    """An Airflow that does not answer now is no reason to plan nothing; what it has is known after it answers."""
    try:
        return PlannedStage("pools", tuple(planned_pools(session.airflow.pools.all(), wanted)))
    except AirstripError:
        return PlannedStage("pools", known_after="airflow") if wanted else PlannedStage("pools")


def objects_of(manifests: ManifestSet) -> list[dict[str, Any]]:
    return [item for stage in manifests.stages for item in stage.objects]


def _read_secrets(session: Session) -> tuple[dict[str, str], list[str]]:
    """Checksums by name, and in words what `up` will generate."""
    checksums, lacking = {}, []
    for name in SECRETS:
        found = session.cluster.get("v1", "Secret", name, session.spec.namespaces.control)
        keys = missing_keys(found) if found else ()
        whole = found is not None and not keys
        checksums[name] = checksum((found or {}).get("data") or {}) if whole else _NOT_GENERATED
        if not whole:
            lacking.append(f"{', '.join(keys)} of Secret {name}" if keys else f"Secret {name}")
    return checksums, lacking


def with_predecessors(
    cluster: Cluster, changes: Sequence[Change], gone: Sequence[inventory.Entry]
) -> tuple[Change, ...]:
    """What is named by its contents: a new one is shown as what differs from the one that it replaces."""
    return tuple(_with_predecessor(cluster, change, gone) for change in changes)


def _with_predecessor(cluster: Cluster, change: Change, gone: Sequence[inventory.Entry]) -> Change:
    entry, item = change.entry, change.item
    if change.action != "add" or item is None or not item.get("immutable"):
        return change
    plain = entry.name.rpartition("-")[0]
    for old in gone:
        if (old.kind, old.namespace, old.name.rpartition("-")[0]) == (entry.kind, entry.namespace, plain):
            before = cluster.get(old.api_version, old.kind, old.name, old.namespace) or {}
            fields = compare(before.get("data"), item["data"], "data", hide=old.kind == "Secret")
            return replace(change, fields=tuple(fields))
    return change


def _plan_images(session: Session, landed: Mapping[str, str]) -> PlannedStage:
    return PlannedStage("image", plan_images(session.spec, landed).commands)


def _counts(stages: Sequence[PlannedStage]) -> dict[str, int]:
    """Objects by what happens to them."""
    actions = [change.action for stage in stages for change in stage.changes]
    return {action: actions.count(action) for action in ("add", "change", "replace", "remove")}
