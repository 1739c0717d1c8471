"""DAGs by git-sync into a volume: pushes, pinned runs without a clone, a server that is away, and what is live."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from airstrip import images
from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirflowError
from airstrip.events import discard
from airstrip.kube import Cluster
from airstrip.operations.image import airflow_request
from airstrip.operations.uv import find_uv
from airstrip.paths import cache_dir
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target
from airstrip.targets.local.node import LocalNode
from tests.cluster.faults.doctor import Doctor
from tests.git_server import Certificates, HttpsServer, Repository, SshServer
from tests.git_sync.image import build_git_sync_image
from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"
PINNED = (DAGS / "pinned.py").read_text()
IN_POD = {f"team/dags/{name}": (DAGS / name).read_text() for name in ("in_pod.py", "said.py")}
SIGN = "airstrip_test_go"
TOKEN = "a-token-of-the-tests"
SEEN_SECONDS = 60.0
"""The promise is half a minute, on a machine that does nothing else."""


@dataclass(frozen=True)
class Synced:
    """The servers, and the file whose DAGs git-sync brings from both."""

    landing: Landing
    repository: Repository
    https: HttpsServer
    ssh: SshServer

    def write(self, image: str, token: str = "token") -> None:
        sync = f"via: sync\n      refresh: 5\n      sync: {{image: {image}}}\n"
        self.landing.file.write_text(
            f"apiVersion: airstrip/v1\nname: {NAME}\nprojects: {{reader: {{}}}}\ndags:\n  git:\n"
            f"    - repo: {self.https.url}\n      branch: main\n      path: team/dags\n"
            f"      token: file:git/{token}\n      caCert: {{file: git/ca.pem}}\n      {sync}"
            f"    - name: on-ssh\n      repo: {self.ssh.url}\n      path: other\n"
            f"      sshKey: file:{self.ssh.key}\n      knownHosts: {{file: git/known_hosts}}\n      {sync}"
        )

    def push(self, word: str) -> str:
        other = PINNED.replace("FIRST", word).replace("pinned", "pinned_on_ssh")
        return self.repository.push(
            {"team/dags/pinned.py": PINNED.replace("FIRST", word), "other/pinned_on_ssh.py": other}
        )


@pytest.fixture(scope="module")
def synced(landing: Landing) -> Iterator[Synced]:
    """Lands with DAGs by git-sync."""
    # Not in pytest's own folder, which is closed to others: sshd reads as the user `git`.
    folder = landing.folder / "git"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    address = str(LocalNode(NAME).config().subnets.link[1])
    certificates = Certificates.make(folder, address)
    repository = Repository(folder / "repositories").create()
    https = HttpsServer(repository.folder, address, certificates, TOKEN).start()
    ssh = SshServer(folder / "sshd", repository.folder, address, https.port + 1).install().start()
    (folder / "token").write_text(TOKEN + "\n")
    (folder / "ca.pem").write_text(certificates.authority)
    (folder / "known_hosts").write_text(ssh.known_hosts + "\n")
    synced = Synced(landing, repository, https, ssh)
    synced.push("FIRST")
    try:
        synced.write(load_git_sync(synced, folder / "image"))
        landing.ok("up", "--yes")
        yield synced
    finally:
        ssh.stop()
        https.stop()


def load_git_sync(synced: Synced, folder: Path) -> str:
    """Puts the image into the node, and returns its name by digest."""
    synced.write("localhost/none@sha256:" + "0" * 64)
    spec = load_spec(synced.landing.file, TARGET_SPECS)
    airflow = images.ensure_airflow_image(airflow_request(spec), cache_dir(), find_uv(), discard)
    image = build_git_sync_image(airflow, folder)
    make_target(spec).load_image(image.layout, image.pinned, discard)
    return image.pinned


def versions(airflow: AirflowClient) -> dict[str, str | None]:
    return {dag.dag_id: dag.version for dag in airflow.dags() if dag.dag_id.startswith("pinned")}


def is_live(airflow: AirflowClient, dag: str, commit: str) -> bool:
    return any((found.dag_id, found.version) == (dag, commit) for found in airflow.dags())


def await_live(airflow: AirflowClient, commit: str) -> float:
    wanted = {"pinned": commit, "pinned_on_ssh": commit}
    return eventually(lambda: versions(airflow) == wanted, seconds=SEEN_SECONDS, what=f"commit {commit} is live")


def words(airflow: AirflowClient, run_id: str, task: str, dag: str = "pinned") -> set[str]:
    """What a task printed; nothing before it began."""
    with suppress(AirflowError):
        events = [record.event for record in airflow.task_log(dag, run_id, task).records]
        return set(re.findall(r"the word is (\w+)", "\n".join(events)))
    return set()


def test_what_is_landed_is_live_needs_no_change_and_is_proved(synced: Synced, airflow: AirflowClient) -> None:
    """And is shown, with its commit."""
    head = synced.repository.head
    await_live(airflow, head)
    listed = {row["dag"]: (row["bundle"], row["version"]) for row in synced.landing.data("dags", "list")["dags"]}
    assert listed == {"pinned": ("main", head), "pinned_on_ssh": ("on-ssh", head)}
    assert synced.landing.data("plan")["changed"] is False
    # The check of git runs in the control plane's namespace here, as the migration does, which is older.
    row, migrated = synced.landing.data("verify", "--only", "dags", "--only", "migration")["properties"]
    assert (row["state"], migrated["state"]) == ("proved", "proved"), (row, migrated)
    assert f"main is at {head[:10]}, on-ssh is at {head[:10]}" in row["text"]


def test_a_run_keeps_its_commit_and_needs_no_server(synced: Synced, airflow: AirflowClient, cluster: Cluster) -> None:
    """A push during it, and a server that is away when its next task begins: that has nothing of git."""
    airflow.values.delete_variable(SIGN)
    first = synced.push("BEFORE")
    await_live(airflow, first)
    run = airflow.trigger("pinned")
    eventually(lambda: words(airflow, run.run_id, "begin") == {"BEFORE"}, seconds=90, what="the first task is at work")
    await_live(airflow, synced.push("AFTER"))
    synced.https.stop()
    try:
        airflow.values.add_variable(SIGN, "go")
        eventually(lambda: airflow.dag_run("pinned", run.run_id).ended, seconds=120, what="the run ends")
        assert airflow.dag_run("pinned", run.run_id).state == "success"
        assert words(airflow, run.run_id, "end") == {"BEFORE"}
        assert airflow.dag_run("pinned", run.run_id).bundle_version == first
        Doctor(synced.landing, cluster).finds("git.unreachable", seconds=90)
    finally:
        synced.https.start()
        airflow.values.delete_variable(SIGN)
    assert "error syncing repo" in synced.landing.ok("logs", "git-sync")
    await_live(airflow, synced.push("BACK"))


def test_a_pod_of_a_task_sees_the_commit_that_its_run_began_with(synced: Synced, airflow: AirflowClient) -> None:
    """The folder of DAGs in it, at /opt/airflow/dags."""
    airflow.values.delete_variable(SIGN)
    first = synced.repository.push({**IN_POD, "team/dags/word.txt": "BEFORE"})
    eventually(lambda: is_live(airflow, "in_pod", first), seconds=SEEN_SECONDS, what="the DAG is seen")
    run = airflow.trigger("in_pod")
    try:
        begun = {"BEFORE"}
        eventually(lambda: words(airflow, run.run_id, "begin", "in_pod") == begun, seconds=90, what="it is at work")
        changed = {"team/dags/in_pod.py": IN_POD["team/dags/in_pod.py"] + "# And more.\n"}
        second = synced.repository.push({**changed, "team/dags/word.txt": "AFTER"})
        eventually(lambda: is_live(airflow, "in_pod", second), seconds=SEEN_SECONDS, what="a push is seen")
        airflow.values.add_variable(SIGN, "go")
        eventually(lambda: airflow.dag_run("in_pod", run.run_id).ended, seconds=150, what="the run ends")
        assert words(airflow, run.run_id, "pod", "in_pod") == {"BEFORE"}
        assert airflow.dag_run("in_pod", run.run_id).state == "success"
    finally:
        airflow.values.delete_variable(SIGN)


def test_a_wrong_token_is_refused_before_anything_changes(
    synced: Synced, airflow: AirflowClient, cluster: Cluster
) -> None:
    (synced.landing.folder / "git/wrong-token").write_text("another\n")
    right = synced.landing.file.read_text()
    before = processor(cluster)
    synced.landing.file.write_text(right.replace("file:git/token", "file:git/wrong-token"))
    try:
        done = synced.landing.airstrip("up", "--yes")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "[git.token-refused]" in done.stderr
        assert TOKEN not in done.stdout + done.stderr
        assert processor(cluster) == before
    finally:
        synced.landing.file.write_text(right)


def processor(cluster: Cluster) -> list[str]:
    """Its pods, by their ids."""
    pods = cluster.list("v1", "Pod", NAME, label_selector="app.kubernetes.io/component=dag-processor")
    return sorted(str(pod["metadata"]["uid"]) for pod in pods)
