"""What `up` would do: ordered stages of commands and changes. Builds nothing, starts nothing, generates no secret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from airstrip.answers import PlanData, StageData
from airstrip.errors import AirstripError
from airstrip.kube import Change, Cluster, compare, inventory, plan_changes
from airstrip.manifests import Images, ManifestSet, build_manifests, checksum, generated_secrets, missing_keys
from airstrip.operations.dags_deliver import check_declared
from airstrip.operations.dags_facts import processor_of
from airstrip.operations.dags_planned import PlannedDags, plan_dags, plan_first_dags
from airstrip.operations.dags_still import StillDags, still_dags
from airstrip.operations.database_url import check_planned_url, planned_url_secret
from airstrip.operations.git_secrets import read_git_secrets
from airstrip.operations.history import landed_images
from airstrip.operations.image import check_baked_dags, plan_images
from airstrip.operations.ownership import check_ownership
from airstrip.operations.pools import planned_pools, pools_of
from airstrip.operations.project_secrets import declared_secrets, secret_entries
from airstrip.operations.project_store import kept_projects
from airstrip.operations.render import check_manifests, expected_platform
from airstrip.operations.rights import check_landing_rights
from airstrip.operations.session import Session
from airstrip.operations.store_clients import absent_clients
from airstrip.platform import Platform
from airstrip.result import Result
from airstrip.spec import Project, Spec
from airstrip.targets.landed import require_same_namespace

_NOT_GENERATED = "known after up"


@dataclass(frozen=True)
class PlannedStage:
    """`known_after` names the stage whose result this one waits for; then it lists nothing.

    `dags` is what the commands say of DAGs, as data.
    """

    name: str
    commands: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    known_after: str = ""
    dags: PlannedDags | None = None

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
    # One of the deployment's own is asked for what `up` needs as it makes it.
    warnings = () if session.target.owns_cluster else session.target.check()
    stages = plan_stages(session)
    empty = all(stage.is_empty for stage in stages)
    data: PlanData = {
        "name": session.spec.name,
        "changed": not empty,
        "counts": _counts(stages),
        "stages": [stage.to_dict() for stage in stages],
        "dags": next((stage.dags.to_dict() for stage in stages if stage.dags), None),
    }
    findings = [*warnings, *absent_clients(session.spec, session.spec.projects)]
    return Result("plan", data, findings, exit_code=3 if exit_code and not empty else 0)


def plan_stages(session: Session) -> tuple[PlannedStage, ...]:
    """Stages in the order of `up`: place, images, secrets, those of the manifests, prune, DAGs."""
    check_declared(session.spec)
    check_baked_dags(session.spec)
    is_known = check_planned_url(session.spec, expected_platform(session))
    # The image, the revision and its files are of one moment, whoever saves a file meanwhile.
    with still_dags(session.spec) as dags:
        stages = _plan_stages(session, dags if session.spec.dags.live_folder is None else None)
    return stages if is_known else (*stages, _later_url(session.spec))


def _later_url(spec: Spec) -> PlannedStage:
    return PlannedStage("database", (f"read {spec.database.url} for database.url",))


def _plan_stages(session: Session, dags: StillDags | None) -> tuple[PlannedStage, ...]:
    """`dags` is the folder that `up` delivers."""
    spec = session.spec
    baked = dags.files if dags and spec.dags.baked else None
    platform = session.target.describe()
    if platform is None:
        manifests = check_manifests(session)
        place = PlannedStage("place", session.target.plan())
        image = PlannedStage("image", plan_images(spec, {}, baked).commands)
        first = plan_first_dags(spec, processor_of(manifests), dags)
        return place, image, PlannedStage("airflow", known_after="place"), *_dags_stage(first)
    cluster = session.cluster
    require_same_namespace(spec, cluster)
    if not session.target.owns_cluster:
        wanted = check_manifests(session)
        check_landing_rights(session, wanted)
        check_ownership(session, wanted)
    objects = plan_changes(cluster, session.target.cluster_objects())
    place = PlannedStage("place", session.target.plan(), objects)
    landed = landed_images(cluster, spec.namespaces.control)
    images = plan_images(spec, landed, baked, platform.registry)
    stages = (place, PlannedStage("image", images.commands))
    if place.commands or images.references is None:
        later = PlannedStage("airflow", known_after="place" if place.commands else "image")
        return *stages, later, *_plan_later_dags(session, platform, images.expected, dags)
    return *stages, *_plan_cluster(session, platform, images.references, dags)


def _plan_cluster(
    session: Session, platform: Platform, images: Images, dags: StillDags | None
) -> tuple[PlannedStage, ...]:
    cluster, namespace = session.cluster, session.spec.namespaces.control
    checksums, lacking = _read_secrets(session)
    kept = kept_projects(cluster, session.spec)
    manifests = _manifests(session, platform, images, checksums, kept)
    previous = inventory.read(cluster, namespace)
    current = inventory.entries(objects_of(manifests)) | secret_entries(session.spec)
    gone = inventory.prunable(previous, current)
    removed = tuple(Change("remove", entry) for entry in gone)
    stages = [
        PlannedStage(stage.name, changes=with_predecessors(cluster, plan_changes(cluster, stage.objects), gone))
        for stage in manifests.stages
    ]
    of_projects = (_plan_project_secrets(session), _plan_pools(session, pools_of({**kept, **session.spec.projects})))
    return (
        PlannedStage("secrets", tuple(f"generate {what} in {namespace}" for what in lacking)),
        *stages,
        PlannedStage("prune", changes=removed),
        *(stage for stage in of_projects if not stage.is_empty),
        *_dags_stage(plan_dags(session, processor_of(manifests), stages[-1].changes, dags)),
    )


def _manifests(
    session: Session, platform: Platform, images: Images, checksums: Mapping[str, str], kept: Mapping[str, Project]
) -> ManifestSet:
    git_secrets = read_git_secrets(session.spec, session.cluster)
    url_secret = planned_url_secret(session.spec, session.cluster)
    return build_manifests(session.spec, platform, images, checksums, kept, git_secrets, url_secret)


def _plan_later_dags(
    session: Session, platform: Platform, images: Images, dags: StillDags | None
) -> tuple[PlannedStage, ...]:
    """Where DAGs come from, and who rolls, is known before an image is there: only its digest is not."""
    checksums, _ = _read_secrets(session)
    manifests = _manifests(session, platform, images, checksums, kept_projects(session.cluster, session.spec))
    airflow = plan_changes(session.cluster, manifests.stages[-1].objects)
    return _dags_stage(plan_dags(session, processor_of(manifests), airflow, dags))


def _dags_stage(dags: PlannedDags) -> tuple[PlannedStage, ...]:
    return () if dags.is_empty else (PlannedStage("dags", dags.lines, dags=dags),)


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
    for name in generated_secrets(session.spec):
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


def _counts(stages: Sequence[PlannedStage]) -> dict[str, int]:
    """Objects by what happens to them."""
    actions = [change.action for stage in stages for change in stage.changes]
    return {action: actions.count(action) for action in ("add", "change", "replace", "remove")}
