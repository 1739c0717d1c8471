"""Somebody who lands in a cluster of others: the node's, by a ServiceAccount that an administrator gives rights to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from airstrip.events import discard
from airstrip.kube import Cluster
from airstrip.operations import Session
from airstrip.operations.image import ensure_built
from airstrip.operations.image_delivery import name_in
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS
from tests.image.registry import running_registry
from tests.landing import Landing

_LABELS = {"pod-security.kubernetes.io/enforce": "restricted"}
Change = Callable[[dict[str, Any]], dict[str, Any] | None]
"""What an administrator makes of a document that they are asked for; None: nothing."""


@dataclass(frozen=True)
class Guest:
    """A user's folder, and what an administrator does for them."""

    landing: Landing
    admin: Cluster
    account: Mapping[str, str]

    def refused(self) -> tuple[dict[str, Any], list[str]]:
        """The one error of an `up` that ends with exit code 3, and the codes of what it found."""
        done = self.landing.airstrip("up", "--yes", "--json")
        assert done.returncode == 3, done.stdout + done.stderr
        document = json.loads(done.stdout)
        (error,) = document["errors"]
        return error, [finding["code"] for finding in document["findings"]]

    def grant(self, documents: str, change: Change = dict) -> None:
        """Applies what the error says, and binds each role to the user: nothing else is given."""
        for document in YAML(typ="safe", pure=True).load_all(documents):
            item = change(document)
            if item is None:
                continue
            self.admin.apply(item)
            if item["kind"].endswith("Role"):
                self._bind(item)

    def _bind(self, item: dict[str, Any]) -> None:
        group = item["apiVersion"].partition("/")[0]
        role = {"apiGroup": group, "kind": item["kind"], "name": item["metadata"]["name"]}
        about = {"apiVersion": item["apiVersion"], "metadata": item["metadata"]}
        subjects = [{"kind": "ServiceAccount", **self.account}]
        self.admin.apply({**about, "kind": f"{item['kind']}Binding", "roleRef": role, "subjects": subjects})


@contextmanager
def guest_of(session: Session, folder: Path, user: str, namespaces: tuple[str, ...], file: str) -> Iterator[Guest]:
    """Namespaces that are given, the user's account in the first, and an empty registry: `file` takes its name."""
    cluster, account = session.cluster, {"name": user, "namespace": namespaces[0]}
    for name in namespaces:
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": _LABELS}})
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    landing = Landing(folder)
    landing.dags.mkdir()
    (landing.dags / "mine.py").write_text((Path(__file__).parent / "dags" / "guest.py").read_text())
    write_kubeconfig(session, account, folder / "kubeconfig")
    with running_registry(folder / "registry") as registry:
        landing.file.write_text(file.format(registry=registry.host))
        _preload(session, landing)
        yield Guest(landing, cluster, account)
    for name in namespaces:
        cluster.delete("v1", "Namespace", name, wait=120)


def write_kubeconfig(session: Session, account: Mapping[str, str], file: Path) -> None:
    """A token of the account, and nothing else of the administrator's."""
    admin, user = session.cluster.transport.access, account["name"]
    path = f"/api/v1/namespaces/{account['namespace']}/serviceaccounts/{user}/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
    answer = session.cluster.transport.request("POST", path, "ask for a token", body=json.dumps(body).encode())
    (file.parent / "ca.pem").write_bytes(admin.ca or b"")
    clusters = [{"name": "theirs", "cluster": {"server": admin.server, "certificate-authority": "ca.pem"}}]
    users = [{"name": user, "user": {"token": answer.json()["status"]["token"]}}]
    contexts = [{"name": user, "context": {"cluster": "theirs", "user": user}}]
    document = {"apiVersion": "v1", "kind": "Config", "clusters": clusters, "users": users, "contexts": contexts}
    file.write_text(json.dumps({**document, "current-context": user}))
    file.chmod(0o600)


def _preload(session: Session, landing: Landing) -> None:
    """The registry is on this machine's loopback address, which the node does not reach: it has the images already."""
    spec = load_spec(landing.file, TARGET_SPECS)
    for image in ensure_built(spec, discard, refresh=False, files=landing.dags).values():
        session.target.load_image(image.layout, name_in(spec.image.registry, image.pinned), discard)
