"""The values of Secrets, to strike them out of whatever was seen. They are in no fact."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from airstrip.diagnose import document
from airstrip.diagnose.cluster_probe import KUBERNETES
from airstrip.diagnose.facts import DeploymentFact, Facts
from airstrip.diagnose.probes import Probe
from airstrip.kube import Cluster, unless_forbidden
from airstrip.redaction import Redaction

_NO_SECRETS = frozenset(
    {"username", "user", "login", "email", "host", "hostname", "port", "database", "dbname", "namespace"}
)
"""Keys whose values tell nothing that is not told elsewhere."""


class SecretValues:
    """Of the deployment's namespaces, as far as we may read them: known once its probe has run."""

    def __init__(self, connected: Callable[[], Cluster], deployment: DeploymentFact) -> None:
        self._connected = connected
        self._deployment = deployment
        self._found: tuple[str, ...] = ()

    def probe(self) -> Probe:
        return Probe("Secrets", self._read, (KUBERNETES,))

    def struck_out(self, facts: Facts) -> Facts:
        """The facts without these values, and without what has the form of a secret."""
        pods = {pod.component for pod in facts.pods}
        names = {self._deployment.name, *self._deployment.namespaces, *pods, *(node.name for node in facts.nodes)}
        return document.with_texts(facts, Redaction(self._found, names=names))

    def _read(self, _: Facts) -> Facts:
        cluster = self._connected()
        listed = [
            unless_forbidden(partial(cluster.list, "v1", "Secret", name)) or [] for name in self._deployment.namespaces
        ]
        self._found = tuple(value for items in listed for item in items for value in _values(item))
        return Facts()


def _values(secret: dict[str, Any]) -> Iterator[str]:
    for key, coded in (secret.get("data") or {}).items():
        if key not in _NO_SECRETS:
            yield base64.b64decode(coded).decode(errors="replace")
