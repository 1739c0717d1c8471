"""The compiler's top: which objects, in which stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from airstrip.manifests.access import build_access
from airstrip.manifests.api_server import build_api_server
from airstrip.manifests.claims import build_claims
from airstrip.manifests.config_maps import build_config_maps
from airstrip.manifests.dag_processor import build_dag_processor
from airstrip.manifests.database import find_database
from airstrip.manifests.git_check import build_git_check
from airstrip.manifests.ingress import build_ways_in
from airstrip.manifests.manifest_set import Images, Inputs, ManifestSet, Object, Stage
from airstrip.manifests.migration import build_migration
from airstrip.manifests.network import build_network_policies
from airstrip.manifests.patches import check_targets, patched
from airstrip.manifests.postgresql import build_postgresql
from airstrip.manifests.projects import build_projects
from airstrip.manifests.scheduler import build_scheduler
from airstrip.manifests.triggerer import build_triggerer
from airstrip.manifests.volume_check import build_volume_check
from airstrip.manifests.workload import disruption_budgets
from airstrip.platform import Platform
from airstrip.spec import Project, Spec


def build_manifests(
    spec: Spec,
    platform: Platform,
    images: Images,
    checksums: Mapping[str, str],
    kept: Mapping[str, Project] | None = None,
    git_secrets: Sequence[Object] = (),
    url_secret: Object | None = None,
) -> ManifestSet:
    """Every namespaced object of a deployment, in the order in which it is applied.

    `checksums` are of the Secrets' values by the Secret's name: a pod rolls when one that it reads
    changes; without them, `git_secrets` and `url_secret` (`render`) nothing is said of Secrets. `kept` are
    projects that the command line made: they are told to Airflow, and are nobody else's to apply. Raises AirstripError
    where the place lacks what the spec needs, SpecError where a patch does not fit.
    """
    git_secret = next((str(item["metadata"]["name"]) for item in git_secrets), "")
    at = find_database(spec, platform, url_secret)
    inputs, config_maps = build_config_maps(
        Inputs(spec, platform, images, checksums, at, kept=kept or {}, git_secret=git_secret).with_volumes()
    )
    airflow = _patched(
        inputs,
        *build_api_server(inputs),
        *build_ways_in(inputs),
        *build_scheduler(inputs),
        *build_dag_processor(inputs),
        *build_triggerer(inputs),
    )
    database = _patched(inputs, *build_postgresql(inputs)) if at.is_ours else ()
    migration = build_migration(inputs)
    config_maps = _patched(inputs, *config_maps)
    # Of all that rolls, so that it runs before anything does.
    check = build_git_check(inputs, (*config_maps, *airflow))
    settings = tuple(item for item in config_maps if item not in check)
    foundation = _foundation(inputs, disruption_budgets(inputs, _replicas((*database, *airflow))))
    claims = tuple(item for item in foundation if item["kind"] == "PersistentVolumeClaim")
    volumes = build_volume_check(inputs, claims, (*config_maps, *airflow))
    check_targets(inputs, (*check, *settings, *foundation, *volumes, *database, *migration, *airflow))
    return ManifestSet(
        (
            *([Stage("git", (*git_secrets, *check))] if check else []),
            Stage("settings", (*([url_secret] if url_secret else []), *settings)),
            Stage("foundation", foundation),
            *([Stage("volumes", volumes)] if volumes else []),
            *([Stage("database", database)] if database else []),
            Stage("migration", migration),
            Stage("airflow", airflow),
        )
    )


def _foundation(inputs: Inputs, budgets: Iterable[Object]) -> tuple[Object, ...]:
    """What pods need before they start, and what keeps its name while it changes: pods that run see that."""
    return _patched(
        inputs,
        *build_access(inputs),
        *build_projects(inputs),
        *build_claims(inputs),
        *build_network_policies(inputs),
        *budgets,
    )


def _patched(inputs: Inputs, *objects: Object) -> tuple[Object, ...]:
    return tuple(patched(inputs, item) for item in objects)


def _replicas(objects: tuple[Object, ...]) -> dict[str, int]:
    """How many pods each component wants."""
    return {item["metadata"]["name"]: item["spec"]["replicas"] for item in objects if "replicas" in item["spec"]}
