"""The values of Secrets, to strike them out of whatever was seen. They are in no fact."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from airstrip.diagnose.cluster_probe import KUBERNETES
from airstrip.diagnose.facts import DeploymentFact, Facts
from airstrip.diagnose.probes import Probe
from airstrip.diagnose.readable import all_but
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

    def redaction(self, facts: Facts, words: Collection[str], *, until: Callable[[], bool]) -> Redaction:
        """Strikes out these values, and what has the form of a secret, but not names that `facts` tell, nor `words`.

        Once `until` is true, texts are struck out whole.
        """
        pods = {pod.component for pod in facts.pods}
        names = {self._deployment.name, *self._deployment.namespaces, *pods, *(node.name for node in facts.nodes)}
        return self._known.telling(names=names, words=words, until=until)

    def _read(self, _: Facts) -> Facts:
        """Whatever ends it, the values that were read until then are known.

        Namespaces whose Secrets are forbidden are no finding: who may look at all else may not read those.
        """
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
        return Facts(probes=tuple(replace(went, forbidden=()) for went in all_but(forbidden)))


def unread(facts: Facts, strike: Redaction) -> str:
    """Why values of Secrets may stand in these facts, as a sentence; empty where all of them were read."""
    for probe in facts.probes:
        if probe.name == SECRETS and (probe.state != "ok" or probe.detail):
            detail = strike.part(probe.detail)
            why = detail if probe.state == "ok" else f"{probe.state}: {detail}"
            return f"Not all Secrets could be read ({why}): {_ONLY_FORM}."
    return ""


def _values(secret: dict[str, Any]) -> Iterator[str]:
    for key, coded in (secret.get("data") or {}).items():
        if key not in _NO_SECRETS:
            yield base64.b64decode(coded).decode(errors="replace")
