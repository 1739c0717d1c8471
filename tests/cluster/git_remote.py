"""A deployment whose DAGs come from two real git servers, and what is pushed to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from airstrip.kube import Cluster
from tests.git_server import HttpsServer, Repository, SshServer
from tests.landing import NAME, Landing

PINNED = (Path(__file__).parent / "dags" / "pinned.py").read_text()
"""A DAG of two tasks that print a word; the second waits for a sign."""


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
