"""DAGs by git-sync: what is compiled. What a program of its contract does with it: test_git_sync_program.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airstrip.manifests import ManifestSet, build_git_secrets
from airstrip.manifests.names import DAGS_DIR, GIT_SECRET_DIR
from airstrip.operations.properties.synced_heads import head_of
from airstrip.spec import GitBundle, GitSync, Spec
from tests.unit.manifests.by_git import by_git, synced_bundle
from tests.unit.manifests.reading import all_objects, config_map, containers, find, task_pod, templates

Object = dict[str, Any]
TOKEN = "a-token-of-the-tests"


@pytest.fixture
def compiled(compile: Callable[..., ManifestSet], spec: Spec) -> Callable[..., ManifestSet]:
    def build(*bundles: GitBundle, executor: str = "kubernetes") -> ManifestSet:
        changed = by_git(spec, *(bundles or (synced_bundle(),)), executor=executor)
        texts = {f"{each.name}.credential": TOKEN for each in changed.dags.git}
        return compile(spec=changed, git_secrets=build_git_secrets(changed, texts))

    return build


def test_tasks_mount_the_volume_read_only_and_have_nothing_of_git(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled())
    pod = task_pod(objects)["spec"]
    (container,) = pod["containers"]
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert mounts["dags"] == {"name": "dags", "mountPath": DAGS_DIR, "readOnly": True}
    assert next(each for each in pod["volumes"] if each["name"] == "dags")["persistentVolumeClaim"]["readOnly"]
    assert not {"airflow-git", "airstrip-git"} & mounts.keys()
    assert not [variable for variable in container["env"] if "GIT" in variable["name"]]
    assert {item["metadata"]["namespace"] for item in objects if item["kind"] == "Secret"} == {"mine"}
    claims = [item["metadata"]["name"] for item in objects if item["kind"] == "PersistentVolumeClaim"]
    assert claims == ["dags", "dags", "logs", "logs", "data"]


def test_only_git_sync_writes_and_only_it_has_the_secret(compiled: Callable[..., ManifestSet]) -> None:
    template = templates(all_objects(compiled()))["dag-processor"]
    sync, own = containers(template)
    assert (sync["name"], own["name"]) == ("git-sync-main", "dag-processor")
    assert "readOnly" not in next(mount for mount in sync["volumeMounts"] if mount["name"] == "dags")
    assert next(mount for mount in own["volumeMounts"] if mount["name"] == "dags")["readOnly"]
    assert "readOnly" not in str(next(each for each in template["spec"]["volumes"] if each["name"] == "dags"))
    assert GIT_SECRET_DIR not in [mount["mountPath"] for mount in own["volumeMounts"]]
    assert GIT_SECRET_DIR in [mount["mountPath"] for mount in sync["volumeMounts"]]
    assert sync["restartPolicy"] == "Always"


def test_of_two_ways_each_has_its_own_secrets(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled(synced_bundle(), synced_bundle(name="cloned", sync=None)))
    secrets = {item["metadata"]["namespace"]: set(item["data"]) for item in objects if item["kind"] == "Secret"}
    assert secrets == {
        "mine": {"main.credential", "cloned.credential"},
        "mine-workers": {"cloned.credential"},
    }
    volumes = {each["name"]: each for each in templates(objects)["dag-processor"]["spec"]["volumes"]}
    mounted = {
        name: {item["key"] for item in volumes[name]["secret"]["items"]}
        for name in volumes
        if "git" in name and "secret" in volumes[name]
    }
    assert mounted == {"airflow-git": {"cloned.credential"}, "git-sync-secret": {"main.credential"}}


def test_another_way_is_another_secret(spec: Spec) -> None:
    """One that is immutable cannot lose a key."""
    names = {
        item["metadata"]["name"]
        for way in (GitSync(), None)
        for item in build_git_secrets(by_git(spec, synced_bundle(sync=way)), {"main.credential": TOKEN})
    }
    assert len(names) == 2


def test_there_is_one_writer(compiled: Callable[..., ManifestSet], compile: Callable[..., ManifestSet]) -> None:
    strategy = find(all_objects(compiled()), "Deployment", "dag-processor")["spec"]["strategy"]
    assert strategy == {"type": "Recreate"}
    plain = find(all_objects(compile()), "Deployment", "dag-processor")["spec"]["strategy"]
    assert plain["type"] == "RollingUpdate"


def test_no_secret_is_in_arguments_environment_or_maps(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled())
    assert TOKEN not in str([item for item in objects if item["kind"] != "Secret"])
    (sync, _) = containers(templates(objects)["dag-processor"])
    assert not [variable for variable in sync["env"] if "valueFrom" in variable]


def test_the_check_is_made_where_git_sync_is(compiled: Callable[..., ManifestSet]) -> None:
    stage = compiled().stages[0]
    assert stage.name == "git"
    (job,) = (item for item in stage.objects if item["kind"] == "Job")
    assert job["metadata"]["namespace"] == "mine"
    env = {entry["name"]: entry["value"] for entry in containers(job["spec"]["template"])[0]["env"]}
    assert "GitDagBundle" in env["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"]
    both = compiled(synced_bundle(), synced_bundle(name="cloned", sync=None)).stages[0]
    assert {item["metadata"]["namespace"] for item in both.objects if item["kind"] == "Job"} == {"mine", "mine-workers"}


def test_with_the_executor_local_the_scheduler_reads_the_volume(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled(synced_bundle(), synced_bundle(name="cloned", sync=None), executor="local"))
    names = [(item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]) for item in objects]
    assert len(names) == len(set(names))
    (scheduler,) = containers(find(objects, "Deployment", "scheduler")["spec"]["template"])
    assert {"dags", "airflow-git"} <= {mount["name"] for mount in scheduler["volumeMounts"]}


@pytest.mark.parametrize("is_cloned_too", [False, True])
def test_pods_of_operators_are_told_of_the_claim_as_one_of_versions(
    compiled: Callable[..., ManifestSet], is_cloned_too: bool
) -> None:
    """Never as the DAGs themselves; where some of them are no part of it, not at all."""
    more = [synced_bundle(name="cloned", sync=None)] if is_cloned_too else []
    settings = config_map(all_objects(compiled(synced_bundle(), *more)), "airflow-environment")["data"]
    assert "AIRSTRIP_DAGS_CLAIM" not in settings
    assert settings.get("AIRSTRIP_DAGS_VERSIONS_CLAIM") == (None if is_cloned_too else "git-sync")


@pytest.mark.parametrize(
    ("ref", "full"),
    [
        ("main", "refs/heads/main"),
        ("HEAD", "HEAD"),
        ("refs/tags/v1", "refs/tags/v1"),
        ("a" * 40, "a" * 40),
    ],
)
def test_a_branch_is_not_taken_for_a_tag(compiled: Callable[..., ManifestSet], ref: str, full: str) -> None:
    (sync, _) = containers(templates(all_objects(compiled(synced_bundle(ref=ref))))["dag-processor"])
    assert f"--ref={full}" in sync["args"]


@pytest.mark.parametrize(
    ("lines", "head"),
    [
        ([f"{'a' * 40}\trefs/heads/main"], {"commit": "a" * 40}),
        ([f"{'a' * 40}\trefs/heads/main", f"{'b' * 40}\trefs/heads/main^{{}}"], {"commit": "b" * 40}),
        ([f"{'a' * 40}\trefs/heads/other/refs/heads/main"], {"error": "the repository has no refs/heads/main"}),
        ([], {"error": "the repository has no refs/heads/main"}),
    ],
    ids=["branch", "tag with a text", "longer name", "gone"],
)
def test_the_server_s_head_is_read(lines: list[str], head: dict[str, str]) -> None:
    assert head_of(synced_bundle(), lines) == head
