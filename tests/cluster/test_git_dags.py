"""DAGs from a real git server, over https and ssh: pushes, pinned runs, and what is refused before anything changes."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster
from tests.cluster.faults.doctor import Doctor
from tests.cluster.git_remote import PINNED, SIGN, Remote, await_live, ended, is_live, release, served, words
from tests.landing import NAME, Landing, eventually

TOKEN = "a-token-of-the-tests"


@pytest.fixture(scope="module")
def remote(landing: Landing) -> Iterator[Remote]:
    """Lands with DAGs from both servers."""
    with served(landing, TOKEN) as remote:
        landing.ok("up", "--yes")
        yield remote


@pytest.fixture
def sign(airflow: AirflowClient) -> Iterator[None]:
    airflow.values.delete_variable(SIGN)
    yield
    airflow.values.delete_variable(SIGN)


def test_a_push_is_seen(remote: Remote, airflow: AirflowClient) -> None:
    await_live(airflow, remote.repository.head)
    await_live(airflow, remote.push("SECOND"))


def test_what_is_landed_needs_no_change_and_is_proved(remote: Remote, airflow: AirflowClient) -> None:
    head = remote.repository.head
    for dag_id in ("pinned", "pinned_on_ssh"):
        await_live(airflow, head, dag_id)
    assert remote.landing.data("plan")["changed"] is False
    (row,) = remote.landing.data("verify", "--only", "dags")["properties"]
    assert row["state"] == "proved"
    assert f"main is at {head[:10]}, on-ssh is at {head[:10]}" in row["text"]


def test_a_server_that_stops_and_comes_back(remote: Remote, airflow: AirflowClient, cluster: Cluster) -> None:
    """For a minute. What was seen stays; the doctor names the cause; a push from meanwhile is seen afterwards."""
    doctor = Doctor(remote.landing, cluster)
    before = remote.repository.head
    remote.https.stop()
    back = time.monotonic() + 60
    try:
        doctor.finds("git.unreachable", seconds=90)
        time.sleep(max(0, back - time.monotonic()))
        assert is_live(airflow, before)
    finally:
        remote.https.start()
    await_live(airflow, remote.push("BACK"))


def test_a_push_is_proved_by_one_where_the_token_may_write(remote: Remote, airflow: AirflowClient) -> None:
    """One that may only read is refused, and leaves nothing; the same by one that may leaves two commits."""
    before, verify = remote.repository.head, ("verify", "--only", "dags", "--git-write", "main")
    done = remote.landing.airstrip(*verify)
    assert done.returncode == 3, done.stdout + done.stderr
    assert re.findall(r"\[verify[.][a-z-]+\]", done.stdout) == ["[verify.git-read-only]"]
    assert TOKEN not in done.stdout + done.stderr
    remote.https.may_push = True
    try:
        data = remote.landing.data(*verify)
    finally:
        remote.https.may_push = False
        remote.repository.git("pull", "--quiet", "--ff-only", "origin", "main")
    assert data["properties"][0]["state"] == "proved", data
    pushed = data["pushed"]
    assert remote.repository.git("rev-list", f"{before}..HEAD").split() == [pushed["removed"], pushed["added"]]
    assert remote.repository.git("diff", "--name-only", before, "HEAD") == ""
    assert not [dag for dag in airflow.dags() if dag.bundle_name == "main" and dag.dag_id != "pinned"]


def test_a_task_runs_the_commit_that_its_run_began_with(remote: Remote, airflow: AirflowClient, sign: None) -> None:
    first = remote.push("BEFORE")
    await_live(airflow, first)
    run = airflow.trigger("pinned")
    eventually(lambda: words(airflow, run.run_id, "begin") == {"BEFORE"}, seconds=90, what="the first task is at work")
    second = remote.push("AFTER")
    await_live(airflow, second)
    airflow.values.add_variable(SIGN, "go")
    ended(airflow, run.run_id, "success")
    assert words(airflow, run.run_id, "end") == {"BEFORE"}
    assert airflow.dag_run("pinned", run.run_id).bundle_version == first

    later = airflow.trigger("pinned")
    ended(airflow, later.run_id, "success")
    assert words(airflow, later.run_id, "end") == {"AFTER"}
    assert airflow.dag_run("pinned", later.run_id).bundle_version == second


def test_a_history_that_was_written_anew_is_followed(remote: Remote, airflow: AirflowClient) -> None:
    remote.push("GOES")
    await_live(airflow, remote.push("GONE"))
    remote.repository.git("reset", "--quiet", "--hard", "HEAD~2")
    forced = remote.repository.push({"team/dags/pinned.py": PINNED.replace("FIRST", "FORCED")}, force=True)
    await_live(airflow, forced)


def test_over_ssh(remote: Remote, airflow: AirflowClient, sign: None) -> None:
    await_live(airflow, remote.push("SSH"), "pinned_on_ssh")
    airflow.values.add_variable(SIGN, "go")
    run = airflow.trigger("pinned_on_ssh")
    ended(airflow, run.run_id, "success", "pinned_on_ssh")
    assert words(airflow, run.run_id, "end", "pinned_on_ssh") == {"SSH"}


def test_nothing_is_wrong_after_a_server_was_away(remote: Remote, cluster: Cluster) -> None:
    """Nor after all else: what was logged counts for a minute, which the tests before this one have passed."""
    Doctor(remote.landing, cluster).is_content(seconds=90)


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("git.token-refused", {"token": "file:git/wrong-token"}),
        pytest.param("git.certificate", {"caCert": ""}, marks=pytest.mark.slow),
        pytest.param("git.ref-absent", {"branch": "mian"}, marks=pytest.mark.slow),
    ],
    ids=["token", "authority", "branch"],
)
def test_what_is_wrong_is_refused_before_anything_changes(
    remote: Remote, cluster: Cluster, code: str, written: dict[str, str]
) -> None:
    (remote.folder / "wrong-token").write_text("another\n")
    assert_refused(remote, cluster, remote.by_https(**written), code)


def test_what_is_broken_in_git_is_refused_where_it_is_new_and_told_where_it_is_not(
    remote: Remote, airflow: AirflowClient, cluster: Cluster
) -> None:
    """Another branch is refused for it; what is pushed to the landed one takes nothing down, and hinders no release."""
    before = release(cluster)
    broken = {"team/dags/broken.py": "from airflow.sdk import dag\nimport no_such_module_at_all\n"}
    remote.repository.push(broken, branch="broken")
    remote.write(remote.by_https(branch="broken"), remote.by_ssh())
    try:
        done = remote.landing.airstrip("up", "--yes", "--json")
        assert done.returncode == 3, done.stdout + done.stderr
        (error,) = json.loads(done.stdout)["errors"]
        assert error["code"] == "dags.broken"
        assert "main/team/dags/broken.py" not in error["details"]
        assert "main/broken.py:2: it cannot be imported" in error["details"]
        # What the check's Jobs read is there by then, beside what is read by what runs.
        after = release(cluster)
        assert {name: after.get(name) for name in before} == before
        assert {name.partition("/")[0] for name in after if name not in before} == {"ConfigMap"}
        remote.repository.git("push", "--quiet", "origin", "HEAD:main")
        remote.write_right()
        written = remote.landing.file.read_text()
        remote.landing.file.write_text(f"{written}components:\n  dag-processor: {{env: {{SAID: something}}}}\n")
        done = remote.landing.airstrip("up", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "[dags.broken]" in done.stderr
        assert "main/broken.py:2" in done.stderr
        assert {dag.dag_id for dag in airflow.dags()} >= {"pinned", "pinned_on_ssh"}
        checked = remote.landing.airstrip("dags", "check", "--json")
        document = json.loads(checked.stdout)
        assert (checked.returncode, document["data"]["path"][:8]) == (3, "main at ")
        assert [row["file"] for row in document["data"]["defects"]] == ["main/broken.py"]
    finally:
        remote.repository.push({"team/dags/broken.py": None})
        remote.write_right()
        remote.landing.ok("up", "--yes")
    assert remote.landing.airstrip("dags", "check").returncode == 0
    assert not cluster.list("batch/v1", "Job", f"{NAME}-workers", label_selector="airstrip.dev/dags-check")


# The others of the kind: refused in the same way, for other words of git's.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("git.ref-absent", {"branch": "", "commit": "f" * 40}),
        ("git.path-absent", {"path": "team/dag"}),
        ("git.repo-absent", {"repo": "https://{server}/none.git"}),
        ("git.unreachable", {"repo": "https://{address}:9/dags.git"}),
    ],
    ids=["commit", "folder", "repository", "port"],
)
def test_what_else_is_wrong_is_refused_too(
    remote: Remote, cluster: Cluster, code: str, written: dict[str, str]
) -> None:
    address = remote.https.address
    server = f"{address}:{remote.https.port}"
    found = {key: value.format(address=address, server=server) for key, value in written.items()}
    assert_refused(remote, cluster, remote.by_https(**found), code)


def test_a_host_key_and_a_key_that_are_not_right_are_refused(
    remote: Remote, airflow: AirflowClient, cluster: Cluster
) -> None:
    """And what was landed before all that was refused still follows its repository."""
    other = remote.ssh.folder / "other_key"
    public = other.with_suffix(".pub").read_text().split()
    wrong = f"'[{remote.ssh.address}]:{remote.ssh.port} {public[0]} {public[1]}'"
    assert_refused(remote, cluster, remote.by_ssh(knownHosts=wrong), "git.host-key")
    assert_refused(remote, cluster, remote.by_ssh(sshKey=f"file:{other}"), "git.token-refused")
    await_live(airflow, remote.push("AFTER"))


def assert_refused(remote: Remote, cluster: Cluster, git: str, code: str) -> None:
    """`up` says the one cause, as doctor does after it, and the running release is what it was."""
    before = release(cluster)
    remote.write(git)
    try:
        done = remote.landing.airstrip("up", "--yes")
        assert done.returncode == 1, done.stdout + done.stderr
        assert f"[{code}]" in done.stderr, done.stderr
        assert TOKEN not in done.stdout + done.stderr
        assert release(cluster) == before
        Doctor(remote.landing, cluster).finds(code)
    finally:
        remote.write_right()


@pytest.mark.slow
def test_a_long_history_and_a_large_file(remote: Remote, airflow: AirflowClient) -> None:
    """1,000 commits, and 64 MiB that do not compress."""
    for number in range(1000):
        remote.repository.git(
            "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", f"number {number}"
        )
    (remote.repository.work / "large").write_bytes(os.urandom(64 << 20))
    commit = remote.push("LARGE")
    await_live(airflow, commit)
    airflow.values.add_variable(SIGN, "go")
    try:
        run = airflow.trigger("pinned")
        ended(airflow, run.run_id, "success")
    finally:
        airflow.values.delete_variable(SIGN)
    assert words(airflow, run.run_id, "end") == {"LARGE"}
