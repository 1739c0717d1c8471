"""A changed Secret or ConfigMap rolls exactly the pods that read it; a migration runs when it must."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airstrip.manifests import Images, ManifestSet, find_database
from airstrip.manifests.manifest_set import Inputs
from airstrip.manifests.workload import disruption_budgets
from airstrip.platform import Platform
from airstrip.spec import Project, Spec
from tests.unit.manifests.reading import all_objects, templates

Compile = Callable[..., ManifestSet]
CHECKSUMS = dict.fromkeys(("airflow-admin", "airflow-cli", "airflow-database", "airflow-keys"), "old")


def rolled(before: ManifestSet, after: ManifestSet) -> set[str]:
    old, new = templates(all_objects(before)), templates(all_objects(after))
    return {name for name in old if old[name] != new[name]}


@pytest.mark.parametrize(
    ("secret", "readers"),
    [
        ("airflow-database", {"api-server", "scheduler", "dag-processor", "triggerer", "postgresql"}),
        ("airflow-keys", {"api-server", "scheduler", "dag-processor", "triggerer"}),
        ("airflow-admin", {"migration"}),
        ("airflow-cli", {"migration"}),
        ("somebody-elses", set()),
    ],
)
def test_a_changed_secret_rolls_its_readers_only(compile: Compile, secret: str, readers: set[str]) -> None:
    before = compile(checksums=CHECKSUMS)
    assert rolled(before, compile(checksums={**CHECKSUMS, secret: "new"})) == readers


def test_a_changed_setting_rolls_the_processes_but_not_the_database(compile: Compile, platform: Platform) -> None:
    after = compile(platform=replace(platform, base_url="http://localhost:9090"))
    assert rolled(compile(), after) == {"api-server", "scheduler", "dag-processor", "triggerer"}


def test_another_dags_folder_behind_the_claim_rolls_who_mounts_it(compile: Compile, platform: Platform) -> None:
    dags, *others = platform.volumes
    here, there = (replace(platform, volumes=(replace(dags, backing=path), *others)) for path in ("/a", "/b"))
    assert rolled(compile(platform=here), compile(platform=there)) == {"dag-processor"}


def test_a_changed_project_rolls_nothing(compile: Compile, spec: Spec) -> None:
    with_sales = spec.model_copy(update={"projects": {"sales": Project(config={"A": "b"}, pool=1)}})
    for after in (compile(spec=with_sales), compile(kept={"sales": Project()})):
        assert rolled(compile(), after) == set()
        assert migration(after) == migration(compile())


def test_config_maps_of_two_releases_stand_side_by_side(compile: Compile, images: Images) -> None:
    """What a running pod reads, the next release does not change."""
    before = {key(item): item for item in all_objects(compile()) if item["kind"] == "ConfigMap"}
    after = compile(images=replace(images, airflow="here/airflow@sha256:3"))
    for item in all_objects(after):
        if item["kind"] == "ConfigMap" and item["metadata"]["name"] != "airstrip-projects":
            assert item["immutable"]
            assert before.get(key(item), item) == item


def key(item: dict[str, Any]) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def migration(manifests: ManifestSet) -> str:
    (job,) = (item for item in all_objects(manifests) if item["kind"] == "Job")
    name: str = job["metadata"]["name"]
    return name


def test_a_migration_is_named_after_all_that_it_does(compile: Compile, images: Images, platform: Platform) -> None:
    before = migration(compile(checksums=CHECKSUMS))
    assert migration(compile(checksums=CHECKSUMS)) == before
    assert migration(compile(checksums=CHECKSUMS, images=replace(images, airflow="here/airflow@sha256:3"))) != before
    # The airstrip account has a new password to be given.
    assert migration(compile(checksums={**CHECKSUMS, "airflow-cli": "new"})) != before
    elsewhere = replace(platform, base_url="http://localhost:9090")
    assert migration(compile(checksums=CHECKSUMS, platform=elsewhere)) == before


def test_a_migration_is_kept_when_it_is_done_and_fails_soon(compile: Compile) -> None:
    (job,) = (item for item in all_objects(compile()) if item["kind"] == "Job")
    assert "ttlSecondsAfterFinished" not in job["spec"]
    assert job["spec"]["backoffLimit"] <= 3


def test_selectors_and_claim_templates_never_change_with_a_release(compile: Compile, spec: Spec) -> None:
    newer = spec.model_copy(update={"airflow": spec.airflow.model_copy(update={"version": "3.3.9"})})
    for old, new in zip(all_objects(compile()), all_objects(compile(spec=newer)), strict=True):
        for key in ("selector", "volumeClaimTemplates", "serviceName"):
            assert old.get("spec", {}).get(key) == new.get("spec", {}).get(key)


def test_a_disruption_budget_needs_two_pods(spec: Spec, platform: Platform, images: Images) -> None:
    inputs = Inputs(spec, platform, images, {}, find_database(spec, platform, None))
    (budget,) = disruption_budgets(inputs, {"api-server": 2, "scheduler": 1})
    assert budget["metadata"]["name"] == "api-server"
    assert budget["spec"]["maxUnavailable"] == 1


def test_one_pod_each_has_no_disruption_budget(compile: Compile) -> None:
    assert not [item for item in all_objects(compile()) if item["kind"] == "PodDisruptionBudget"]
