"""The values of Secrets, to strike them out of whatever was seen. They are in no fact."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

from airstrip.diagnose.cluster_probe import KUBERNETES
from airstrip.diagnose.facts import DeploymentFact, Facts, ProbeFact
from airstrip.diagnose.probes import Probe
from airstrip.errors import AirstripError
from airstrip.kube import Cluster, unless_forbidden
from airstrip.redaction import Redaction

SECRETS = "Secrets"
"""The probe's name."""
_ONLY_FORM = "of the others, only what has the form of a secret is struck out"
_NO_SECRETS = frozenset(
    {"username", "user", "login", "email", "host", "hostname", "port", "database", "dbname", "namespace"}
)
"""Keys whose values tell nothing that is not told elsewhere."""


class SecretValues:
    """Of the deployment's namespaces, as far as we may read them: known as its probe runs."""

    def __init__(self, connected: Callable[[], Cluster], deployment: DeploymentFact) -> None:
        self._connected = connected
        self._deployment = deployment
        self._known = Redaction()

    def probe(self) -> Probe:
        return Probe(SECRETS, self._read, (KUBERNETES,))

    def redaction(self, facts: Facts, words: Collection[str] = (), *, seconds: float) -> Redaction:
        """Strikes out these values, and what has the form of a secret, but not names that `facts` tell, nor `words`.

        After so many seconds from now, texts are struck out whole.
        """
        pods = {pod.component for pod in facts.pods}
        names = {self._deployment.name, *self._deployment.namespaces, *pods, *(node.name for node in facts.nodes)}
        end = time.monotonic() + seconds
        return self._known.telling(names=names, words=words, until=lambda: time.monotonic() > end)

    def _read(self, _: Facts) -> Facts:
        """Whatever ends it, the values that were read until then are known."""
        cluster = self._connected()
        forbidden, failed = [], None
        for namespace in self._deployment.namespaces:
            try:
                secrets = unless_forbidden(partial(cluster.list, "v1", "Secret", namespace))
            except AirstripError as error:
                failed = failed or error
                continue
            if secrets is None:
                forbidden.append(namespace)
            for secret in secrets or ():
                self._known.add(_values(secret))
        if failed:
            raise failed
        detail = f"forbidden in {', '.join(forbidden)}" if forbidden else ""
        return Facts(probes=(ProbeFact(SECRETS, "ok", detail),))


def unread(facts: Facts) -> str:
    """Why values of Secrets may stand in these facts; empty where all of them were read."""
    for probe in facts.probes:
        if probe.name == SECRETS and (probe.state != "ok" or probe.detail):
            why = probe.detail if probe.state == "ok" else f"{probe.state}: {probe.detail}"
            return f"Not all Secrets could be read ({why}): {_ONLY_FORM}"
    return ""


def _values(secret: dict[str, Any]) -> Iterator[str]:
    for key, coded in (secret.get("data") or {}).items():
        if key not in _NO_SECRETS:
            yield base64.b64decode(coded).decode(errors="replace")
