"""DAGs from git: what is compiled, and that git gets in with it, by real servers on loopback."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import os
import subprocess
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from airstrip.diagnose.airflow.signs import find_signs
from airstrip.manifests import ManifestSet, build_git_reader, build_git_secrets
from airstrip.manifests.git import git_files
from airstrip.manifests.names import GIT_SECRET_DIR
from airstrip.spec import Airflow, Dags, GitBundle, GitSync, Spec
from airstrip.spec.own_pods import is_own_object
from tests.git_server import Certificates, HttpsServer, Repository
from tests.unit.manifests.reading import all_objects, config_map, containers, find, task_pod, templates

Object = dict[str, Any]
TOKEN = "a-token-of-the-tests"
SYNC = GitSync()
SOURCE = Path(str(files("airstrip.manifests"))) / "files" / "git" / "check_git.py"


def bundle(repo: str = "https://git.example.com/data/dags.git", **other: Any) -> GitBundle:
    base = {"name": "main", "ref": "main", "path": "", "refresh": 10, "username": "git", "token": "env:TOKEN"}
    return GitBundle(repo=repo, **{**base, **other})


def from_git(spec: Spec, *bundles: GitBundle, executor: str = "kubernetes") -> Spec:
    airflow = Airflow(version="3.3.2", executor=executor)
    return spec.model_copy(update={"dags": Dags(git=bundles), "airflow": airflow})


@pytest.fixture
def compiled(compile: Callable[..., ManifestSet], spec: Spec) -> Callable[..., ManifestSet]:
    def build(*bundles: GitBundle, executor: str = "kubernetes", texts: dict[str, str] | None = None) -> ManifestSet:
        changed = from_git(spec, *(bundles or (bundle(),)), executor=executor)
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

    changed = from_git(spec, bundle())
    changed = changed.model_copy(update={"airflow": Airflow(version="3.3.2", env={"A": "b"})})
    assert job(compiled()) == job(compiled())
    assert job(compiled()) != job(compile(spec=changed, git_secrets=build_git_secrets(changed, {"main.ca": "x"})))


def test_a_new_branch_migrates_nothing(compiled: Callable[..., ManifestSet]) -> None:
    def migration(manifests: ManifestSet) -> str:
        (found,) = next(stage for stage in manifests.stages if stage.name == "migration").objects
        return str(found["metadata"]["name"])

    assert migration(compiled()) == migration(compiled(bundle(ref="other")))


def test_tasks_of_the_scheduler_s_pod_clone_there(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled(executor="local"))
    scheduler = find(objects, "Deployment", "scheduler")["spec"]["template"]
    assert "airflow-git" in {volume["name"] for volume in scheduler["spec"]["volumes"]}
    assert {item["metadata"]["namespace"] for item in objects if item["kind"] == "Secret"} == {"mine"}
    (job,) = (item for item in compiled(executor="local").stages[0].objects if item["kind"] == "Job")
    assert job["metadata"]["namespace"] == "mine"


def test_a_public_repository_needs_no_secret(compiled: Callable[..., ManifestSet]) -> None:
    objects = all_objects(compiled(bundle(token=""), texts={}))
    assert not [item for item in objects if item["kind"] == "Secret"]
    assert "credential" not in config_map(objects, "airstrip-git")["data"]["gitconfig"]


@pytest.mark.parametrize("via", [None, SYNC], ids=["bundle", "sync"])
def test_files_to_check_are_fetched_with_all_that_gets_in_and_by_a_pod_of_no_job(
    compiled: Callable[..., ManifestSet], via: GitSync | None
) -> None:
    objects = all_objects(compiled(bundle(sync=via)))
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


class Hook:
    """What check_git.py asks of Airflow's own hook; that one needs Airflow, and is run in the cluster's tests."""

    def __init__(self, git_conn_id: str, repo_url: str) -> None:
        self.repo_url = repo_url
        self.env: dict[str, str] = {}

    @contextlib.contextmanager
    def configure_hook_env(self) -> Iterator[None]:
        yield


class Checked:
    """A server on loopback, and the program with the files that pods mount."""

    def __init__(self, folder: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.spec = spec
        self.monkeypatch = monkeypatch
        self.repository = Repository(folder / "repositories").create()
        certificates = Certificates.make(folder, "127.0.0.1")
        self.authority = certificates.authority
        self.server = HttpsServer(folder / "repositories", "127.0.0.1", certificates, TOKEN).start()
        loaded = importlib.util.spec_from_file_location("check_git", SOURCE)
        assert loaded is not None
        assert loaded.loader is not None
        self.program = importlib.util.module_from_spec(loaded)
        loaded.loader.exec_module(self.program)

    def check(self, token: str = TOKEN, ca: bool = True, is_synced: bool = False, **other: Any) -> str:
        """What it says of one repository. Raises what it raises."""
        fields = {"repo": self.server.url, "ca_cert": "pem" if ca else "", **other}
        found = bundle(**fields)
        (secret, *_) = build_git_secrets(from_git(self.spec, found), {"main.credential": token})
        mounted = self.folder / "secret"
        mounted.mkdir(exist_ok=True)
        (mounted / "main.credential").write_bytes(base64.b64decode(secret["data"]["main.credential"]))
        (mounted / "main.ca").write_text(self.authority)
        config = git_files(from_git(self.spec, found))["gitconfig"].replace(GIT_SECRET_DIR, str(mounted))
        (self.folder / "gitconfig").write_text(config)
        self.monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(self.folder / "gitconfig"))
        kwargs = {"git_conn_id": "x", "repo_url": found.repo, "tracking_ref": found.ref, "subdir": found.path}
        return str(self.program.check(Hook, {**kwargs, "is_synced": is_synced}))

    def refused(self, **other: Any) -> str:
        """git's words, or the program's own."""
        with pytest.raises((subprocess.CalledProcessError, self.program.Absent)) as raised:
            self.check(**other)
        return str(raised.value.stderr if isinstance(raised.value, subprocess.CalledProcessError) else raised.value)


@pytest.fixture
def checked(tmp_path: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checked]:
    for name in [name for name in os.environ if name.startswith("GIT_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    # The developer's own settings are not those of a pod.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    checked = Checked(tmp_path, spec, monkeypatch)
    yield checked
    checked.server.stop()


def test_a_branch_a_tag_a_commit_and_the_default_are_found(checked: Checked) -> None:
    first = checked.repository.push({"team/dags/a.py": "", "README": ""})
    checked.repository.git("-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "v1", "-m", "one")
    checked.repository.git("push", "--quiet", "origin", "v1")
    second = checked.repository.push({"team/dags/b.py": ""})
    for ref, commit in (("main", second), ("refs/tags/v1", first), (first, first), ("HEAD", second)):
        assert f"is commit {commit}, with the folder team/dags" in checked.check(ref=ref, path="team/dags")


def test_what_is_not_there_is_named_with_what_is(checked: Checked) -> None:
    checked.repository.push({"team/dags/a.py": "", "README": ""})
    assert "has no branch mian: it has main" in checked.refused(ref="mian")
    assert "has no tag v1: it has none" in checked.refused(ref="refs/tags/v1")
    assert f"has no commit {'0' * 40}" in checked.refused(ref="0" * 40)
    assert "has no folder team/dag there; its folders at the top: team" in checked.refused(path="team/dag")
    assert "has no folder README there" in checked.refused(path="README")


@pytest.mark.parametrize("is_filtered", [True, False], ids=["server-filters", "server-sends-all"])
def test_a_commit_that_no_branch_or_tag_reaches_is_had_by_git_sync_alone(checked: Checked, is_filtered: bool) -> None:
    """A clone lacks it, though the server gives it to whoever names it; a tag brings it back."""
    for key, value in (("allowFilter", is_filtered), ("allowAnySHA1InWant", True)):
        checked.repository.git("-C", str(checked.repository.bare), "config", f"uploadpack.{key}", str(value).lower())
    kept = checked.repository.push({"team/dags/a.py": ""})
    gone = checked.repository.push({"team/dags/b.py": ""})
    checked.repository.git("reset", "--quiet", "--hard", kept)
    checked.repository.push({"team/dags/c.py": ""}, force=True)

    def found(commit: str, **other: Any) -> bool:
        return f"is commit {commit}, with the folder team/dags" in checked.check(ref=commit, path="team/dags", **other)

    assert found(kept)
    assert f"no branch or tag of the repository has the commit {gone}" in checked.refused(ref=gone, path="team/dags")
    assert found(gone, is_synced=True)
    checked.repository.git("push", "--quiet", "origin", f"{gone}:refs/tags/v1")
    assert found(gone)


def test_an_empty_repository_has_no_default_branch(checked: Checked) -> None:
    assert "has no default branch: it has none" in checked.refused(ref="HEAD")


def test_git_s_own_words_are_those_that_the_doctor_knows(checked: Checked) -> None:
    checked.repository.push({"a.py": ""})

    def signs(**other: Any) -> set[str]:
        return {sign for sign in find_signs(checked.refused(**other).splitlines()) if sign != "git-unreachable"}

    assert signs(token="wrong") == {"git-token"}
    assert signs(ca=False) == {"git-certificate"}
    assert signs(repo=checked.server.url.replace("dags.git", "none.git")) == {"git-repo"}
    assert "git-unreachable" in find_signs([checked.refused(repo="https://127.0.0.1:1/dags.git")])
    assert "git-unreachable" in find_signs([checked.refused(repo="https://none.invalid/dags.git")])


def test_a_token_is_sent_to_its_own_repository_alone(checked: Checked) -> None:
    """Nor does git ask anybody for another one."""
    checked.repository.push({"a.py": ""})
    checked.check()
    other = checked.server.url.replace("dags.git", "other.git")
    done = subprocess.run(
        ["git", "ls-remote", other], capture_output=True, text=True, env={**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    )
    assert "could not read Username" in done.stderr


def test_the_address_without_git_s_ending_has_the_same_token(spec: Spec) -> None:
    """As servers have it that send the one on to the other."""
    config = (git_files(from_git(spec, bundle("https://h/data/dags")))["gitconfig"]).splitlines()
    assert '[credential "https://h/data/dags"]' in config
    assert '[credential "https://h/data/dags.git"]' in config
