"""DAGs from git: what is compiled, and that git gets in with it, by real servers on loopback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airstrip.manifests import ManifestSet, build_git_reader, build_git_secrets
from airstrip.manifests.git import git_files
from airstrip.spec import Airflow, GitBundle, GitSync, Spec
from airstrip.spec.own_pods import is_own_object
from tests.unit.manifests.by_git import by_git, cloned_bundle
from tests.unit.manifests.reading import all_objects, config_map, containers, find, task_pod, templates

Object = dict[str, Any]
TOKEN = "a-token-of-the-tests"
SYNC = GitSync()


@pytest.fixture
def compiled(compile: Callable[..., ManifestSet], spec: Spec) -> Callable[..., ManifestSet]:
    def build(*bundles: GitBundle, executor: str = "kubernetes", texts: dict[str, str] | None = None) -> ManifestSet:
        changed = by_git(spec, *(bundles or (cloned_bundle(),)), executor=executor)
        secrets = build_git_secrets(changed, {"main.credential": TOKEN} if texts is None else texts)
        return compile(spec=changed, git_secrets=secrets)

    return build


def test_who_clones_mounts_the_secret_and_no_folder_of_dags(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled())
    pods = templates([item for item in objects if not item["metadata"]["name"].startswith("git-check")])
    for name, template in pods.items():
        mounted = {volume["name"] for volume in template["spec"]["volumes"]}
        assert ("airflow-git" in mounted) == (name in ("dag-processor", "task")), name
        assert "dags" not in mounted
    claims = [item["metadata"]["name"] for item in objects if item["kind"] == "PersistentVolumeClaim"]
    assert claims == ["logs", "logs", "data"]


@pytest.mark.parametrize("is_folder", [True, False], ids=["folder", "git"])
def test_the_pods_helper_calls_mount_the_claim_of_dags_where_there_is_one(
    compile: Callable[..., ManifestSet], compiled: Callable[..., ManifestSet], is_folder: bool
) -> None:
    """airstrip_pods goes by this variable."""
    objects = all_objects(compile() if is_folder else compiled())
    (task,) = containers(task_pod(objects))
    assert "AIRSTRIP_DAGS_VERSIONS_CLAIM" not in {variable["name"] for variable in task["env"]}
    assert ("AIRSTRIP_DAGS_CLAIM" in {variable["name"] for variable in task["env"]}) is is_folder
    assert ("AIRSTRIP_DAGS_CLAIM" in config_map(objects, "airflow-environment")["data"]) is is_folder


def test_no_project_can_take_a_name_of_theirs(compiled: Callable[..., ManifestSet]) -> None:
    kinds = ("ConfigMap", "Secret", "Job")
    ours = {item["metadata"]["name"] for item in all_objects(compiled()) if item["kind"] in kinds}
    assert {name for name in ours if not is_own_object(name, "mine")} == {
        name for name in ours if name.startswith(("git-check-", "migration-"))
    }
    assert is_own_object("git-check", "mine")
    assert any(name.startswith("airflow-git-") for name in ours)


def test_no_secret_is_in_the_environment_or_in_a_config_map(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled())
    assert {item["metadata"]["namespace"] for item in objects if item["kind"] == "Secret"} == {"mine", "mine-workers"}
    assert TOKEN not in str([item for item in objects if item["kind"] != "Secret"])
    for container in (*containers(templates(objects)["dag-processor"]), *containers(task_pod(objects))):
        names = {variable["name"] for variable in container["env"] if "secretKeyRef" in variable.get("valueFrom", {})}
        assert names <= {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__FERNET_KEY"}


def test_the_workers_namespace_holds_no_other_secret(compiled: Callable[..., ManifestSet]) -> None:
    (secret,) = (
        item
        for item in all_objects(compiled())
        if item["kind"] == "Secret" and item["metadata"]["namespace"] == "mine-workers"
    )
    assert set(secret["data"]) == {"main.credential"}
    assert secret["immutable"] is True


def test_the_check_comes_first_and_what_it_mounts_is_named_by_its_contents(
    compiled: Callable[..., ManifestSet],
) -> None:
    first = compiled().stages[0]
    assert first.name == "git"
    assert [item["kind"] for item in first.objects if item["kind"] != "ConfigMap"] == [
        "Secret",
        "Secret",
        "NetworkPolicy",
        "Job",
    ]
    other = compiled(texts={"main.credential": "another"}).stages[0]
    names, others = (
        {item["metadata"]["name"] for item in stage.objects if item["kind"] in ("Secret", "Job")}
        for stage in (first, other)
    )
    assert not names & others


def test_the_check_runs_again_with_every_release_and_only_then(
    compile: Callable[..., ManifestSet], compiled: Callable[..., ManifestSet], spec: Spec
) -> None:
    def job(manifests: ManifestSet) -> str:
        (found,) = (item for item in manifests.stages[0].objects if item["kind"] == "Job")
        return str(found["metadata"]["name"])

    changed = by_git(spec, cloned_bundle())
    changed = changed.model_copy(update={"airflow": Airflow(version="3.3.2", env={"A": "b"})})
    assert job(compiled()) == job(compiled())
    assert job(compiled()) != job(compile(spec=changed, git_secrets=build_git_secrets(changed, {"main.ca": "x"})))


def test_a_new_branch_migrates_nothing(compiled: Callable[..., ManifestSet]) -> None:
    def migration(manifests: ManifestSet) -> str:
        (found,) = next(stage for stage in manifests.stages if stage.name == "migration").objects
        return str(found["metadata"]["name"])

    assert migration(compiled()) == migration(compiled(cloned_bundle(ref="other")))


def test_tasks_of_the_scheduler_s_pod_clone_there(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled(executor="local"))
    scheduler = find(objects, "Deployment", "scheduler")["spec"]["template"]
    assert "airflow-git" in {volume["name"] for volume in scheduler["spec"]["volumes"]}
    assert {item["metadata"]["namespace"] for item in objects if item["kind"] == "Secret"} == {"mine"}
    (job,) = (item for item in compiled(executor="local").stages[0].objects if item["kind"] == "Job")
    assert job["metadata"]["namespace"] == "mine"


def test_a_public_repository_needs_no_secret(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled(cloned_bundle(token=""), texts={}))
    assert not [item for item in objects if item["kind"] == "Secret"]
    assert "credential" not in config_map(objects, "airstrip-git")["data"]["gitconfig"]


@pytest.mark.parametrize("via", [None, SYNC], ids=["bundle", "sync"])
def test_files_to_check_are_fetched_with_all_that_gets_in_and_by_a_pod_of_no_job(
    compiled: Callable[..., ManifestSet], via: GitSync | None
) -> None:
    objects = all_objects(compiled(cloned_bundle(sync=via)))
    (check,) = (item for item in objects if item["kind"] == "Job" and item["metadata"]["name"].startswith("git-check"))
    # As the cluster has it.
    landed = {**check["spec"]["template"]["metadata"]["labels"], "batch.kubernetes.io/job-name": "git-check"}
    template = {**check["spec"]["template"], "metadata": {"labels": landed}}
    job = build_git_reader({**check, "spec": {**check["spec"], "template": template}}, deployment="mine")
    pod, tried = job["spec"]["template"]["spec"], check["spec"]["template"]["spec"]
    changed = {key for key in {**pod, **tried} if pod.get(key) != tried.get(key)}
    assert changed == {"containers", "terminationGracePeriodSeconds"}
    assert {**pod["containers"][0], "args": None} == {**tried["containers"][0], "args": None}
    assert pod["containers"][0]["args"][0] == "sleep"
    # Of the git check's policy, and of nobody's Job.
    (policy,) = (
        item for item in objects if item["kind"] == "NetworkPolicy" and item["metadata"]["name"] == "git-check"
    )
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    assert "batch.kubernetes.io/job-name" not in labels
    assert job["metadata"]["namespace"] == check["metadata"]["namespace"]


def test_the_address_without_git_s_ending_has_the_same_token(spec: Spec) -> None:
    """As servers have it that send the one on to the other."""
    config = (git_files(by_git(spec, cloned_bundle("https://h/data/dags")))["gitconfig"]).splitlines()
    assert '[credential "https://h/data/dags"]' in config
    assert '[credential "https://h/data/dags.git"]' in config
