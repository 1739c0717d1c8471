"""A deployment whose DAGs come from two real git servers, and what is pushed to them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirflowError
from airstrip.kube import Cluster
from airstrip.targets.local.node import LocalNode
from tests.git_server import Certificates, HttpsServer, Repository, SshServer
from tests.landing import NAME, Landing, eventually

PINNED = (Path(__file__).parent / "dags" / "pinned.py").read_text()
"""A DAG of two tasks that print a word; the first ends by a sign."""
SIGN = "airstrip_test_go"
"""The variable that is the sign, as `go`."""
SEEN_SECONDS = 60.0
"""The promise is half a minute, on a machine that does nothing else."""


@dataclass(frozen=True)
class Remote:
    """The servers, and the file that takes DAGs from them."""

    landing: Landing
    folder: Path
    repository: Repository
    https: HttpsServer
    ssh: SshServer

    def by_https(self, **other: str) -> str:
        keys = {
            "repo": self.https.url,
            "branch": "main",
            "path": "team/dags",
            "token": "file:git/token",
            "caCert": "{file: git/ca.pem}",
            "refresh": "5",
        }
        return self._lines({**keys, **other})

    def by_ssh(self, **other: str) -> str:
        """As often as by default, and with whatever branch the repository itself has by default."""
        keys = {
            "name": "on-ssh",
            "repo": self.ssh.url,
            "path": "other",
            "sshKey": f"file:{self.ssh.key}",
            "knownHosts": "{file: git/known_hosts}",
        }
        return self._lines({**keys, **other})

    def _lines(self, keys: dict[str, str]) -> str:
        first, *others = (f"{key}: {value}\n" for key, value in keys.items() if value)
        return "".join((f"    - {first}", *(f"      {line}" for line in others)))

    def write(self, *git: str) -> None:
        self.landing.file.write_text(f"apiVersion: airstrip/v1\nname: {NAME}\ndags:\n  git:\n{''.join(git)}")

    def write_right(self) -> None:
        self.write(self.by_https(), self.by_ssh())

    def push(self, word: str, **more: str | None) -> str:
        other = PINNED.replace("FIRST", word).replace("pinned", "pinned_on_ssh")
        files = {"team/dags/pinned.py": PINNED.replace("FIRST", word), "other/pinned_on_ssh.py": other}
        return self.repository.push({**files, **more})


@contextmanager
def served(landing: Landing, token: str) -> Iterator[Remote]:
    """Both servers, with a first commit, and the file that is to be landed."""
    # Not in pytest's own folder, which is closed to others: sshd reads as the user `git`.
    folder = landing.folder / "git"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    address = str(LocalNode(NAME).config().subnets.link[1])
    certificates = Certificates.make(folder, address)
    repository = Repository(folder / "repositories").create()
    https = HttpsServer(repository.folder, address, certificates, token).start()
    ssh = SshServer(folder / "sshd", repository.folder, address, https.port + 1).install().start()
    (folder / "token").write_text(token + "\n")
    (folder / "ca.pem").write_text(certificates.authority)
    (folder / "known_hosts").write_text(ssh.known_hosts + "\n")
    remote = Remote(landing, folder, repository, https, ssh)
    remote.push("FIRST", **{"README": "not a DAG\n"})
    try:
        remote.write_right()
        yield remote
    finally:
        ssh.stop()
        https.stop()


def is_live(airflow: AirflowClient, commit: str, dag_id: str = "pinned") -> bool:
    return any((dag.dag_id, dag.version) == (dag_id, commit) for dag in airflow.dags())


def await_live(airflow: AirflowClient, commit: str, dag_id: str = "pinned") -> float:
    return eventually(lambda: is_live(airflow, commit, dag_id), seconds=SEEN_SECONDS, what=f"commit {commit} is live")


def words(airflow: AirflowClient, run_id: str, task: str, dag_id: str = "pinned") -> set[str]:
    """What a task printed; nothing before it began."""
    with suppress(AirflowError):
        events = [record.event for record in airflow.task_log(dag_id, run_id, task).records]
        return set(re.findall(r"the word is (\w+)", "\n".join(events)))
    return set()


def ended(airflow: AirflowClient, run_id: str, state: str, dag_id: str = "pinned") -> None:
    eventually(lambda: airflow.dag_run(dag_id, run_id).ended, seconds=120, what="the run ends")
    assert airflow.dag_run(dag_id, run_id).state == state


def release(cluster: Cluster) -> dict[str, str]:
    """Every object of the running release by its name, as far as its version tells that it is untouched."""
    kinds = (
        ("apps/v1", "Deployment", "generation"),
        ("apps/v1", "StatefulSet", "generation"),
        ("v1", "ConfigMap", "uid"),
        ("networking.k8s.io/v1", "NetworkPolicy", "resourceVersion"),
        ("v1", "Pod", "uid"),
    )
    found = {
        f"{kind}/{item['metadata']['namespace']}/{item['metadata']['name']}": str(item["metadata"][field])
        for version, kind, field in kinds
        for namespace in (NAME, f"{NAME}-workers")
        for item in cluster.list(version, kind, namespace)
        # Tasks of the tests before this one end meanwhile.
        if "deletionTimestamp" not in item["metadata"] and "dag_id" not in (item["metadata"].get("labels") or {})
    }
    # The check's own, named by their contents; and what records that an `up` failed.
    ours = ("airstrip-git-", "airstrip-history", "airstrip-inventory", "git-check")
    return {name: value for name, value in found.items() if not any(part in name for part in ours)}
