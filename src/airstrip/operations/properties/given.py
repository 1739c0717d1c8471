"""What verify gives to its runs: where to knock, what to look for, what to read back."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from airstrip.address import password_in
from airstrip.manifests import (
    API_PORT,
    API_SERVER,
    POSTGRESQL,
    POSTGRESQL_PORT,
    SCHEDULER,
    SCHEDULER_HEALTH_PORT,
    SECRETS,
)
from airstrip.operations.database_url import running_url_secret
from airstrip.operations.properties.names import FORBIDDEN
from airstrip.operations.session import Session, decode_secret

# A user's name, such as `admin`, is no secret, and is found everywhere.
_SHORTEST = 16
# What the tasks' search takes out of a text: airstrip_looks.WORDS.
_WORD = re.compile(rf"[A-Za-z0-9_+/-]{{{_SHORTEST},}}=*")


@dataclass
class Given:
    """The configurations of the runs. No secret is in them: their values are looked for by salted hashes."""

    session: Session
    mark: str
    texts: Mapping[str, str] = field(default_factory=lambda: _texts(), repr=False)

    @property
    def hashes(self) -> dict[str, str]:
        """Of the variable and of the connection's password, as the task must find them."""
        return {name: _hash(self.texts[name]) for name in ("variable", "password")}

    @cached_property
    def addresses(self) -> dict[str, tuple[str, int]]:
        """Of what no task may reach. The scheduler has no Service: its pod's own address."""
        control = self.session.spec.namespaces.control
        # What is outside of the cluster, no policy of ours keeps anybody from.
        ours = not self.session.spec.database.url
        found = {"database": (f"{POSTGRESQL}.{control}.svc", POSTGRESQL_PORT)} if ours else {}
        if address := self._address_of(SCHEDULER):
            found["scheduler"] = (address, SCHEDULER_HEALTH_PORT)
        return found

    @property
    def addresses_outside(self) -> dict[str, tuple[str, int]]:
        """Of what no pod of another namespace may reach."""
        control = self.session.spec.namespaces.control
        return {"execution-api": (f"{API_SERVER}.{control}.svc", API_PORT), **self.addresses}

    def to_tasks(self, name: str, held: Mapping[str, str]) -> dict[str, Any]:
        """`name` is that of the variable and the connection; `held` as in Scene."""
        return {
            "mark": self.mark,
            "workers": self.session.spec.namespaces.workers,
            "variable": name,
            "connection": name,
            "held": dict(held),
            "canary": self.texts["canary"],
            "hashes": sorted(_hash(self.mark + text) for text in (*self.control_secrets, self.texts["canary"])),
            "addresses": self.addresses,
        }

    def to_isolation(self) -> dict[str, str]:
        namespaces = self.session.spec.namespaces
        return {"control": namespaces.control, "workers": namespaces.workers, "forbidden": FORBIDDEN}

    @property
    def control_secrets(self) -> set[str]:
        """Values of the control plane's Secrets that can be searched for, all in base64 too."""
        found = {text for text in self._values if len(text) >= _SHORTEST}
        return found | {base64.b64encode(text.encode()).decode() for text in found}

    @property
    def short_secrets(self) -> int:
        """How many are too short to be searched for, names of users among them."""
        return sum(0 < len(text) < _SHORTEST for text in self._values)

    @property
    def secrets_with_other_characters(self) -> int:
        """How many are found by themselves and in base64, but not within a text. Of an address its password counts."""
        searched = (text for text in self._values if len(text) >= _SHORTEST)
        return sum(not (_WORD.fullmatch(text) or password_in(text)) for text in searched)

    @cached_property
    def _values(self) -> set[str]:
        """Every one, and passwords in addresses by themselves."""
        control = self.session.spec.namespaces.control
        # Somebody may have deleted that of `admin`: what is not there is nowhere.
        there = [item for name in SECRETS if (item := self.session.cluster.get("v1", "Secret", name, control))]
        there += [item] if (item := running_url_secret(self.session.spec, self.session.cluster)) else []
        return {text for item in there for text in _secret_parts(decode_secret(item).values())}

    def _address_of(self, component: str) -> str:
        namespace = self.session.spec.namespaces.control
        selector = f"app.kubernetes.io/instance={self.session.spec.name},app.kubernetes.io/component={component}"
        pods = self.session.cluster.list("v1", "Pod", namespace, label_selector=selector)
        ready = (pod for pod in pods if _is_ready(pod))
        return next((str(pod["status"]["podIP"]) for pod in ready), "")


def _texts() -> dict[str, str]:
    """Made here, and known to nobody else."""
    return {name: secrets.token_urlsafe(24) for name in ("variable", "password", "canary")}


def _secret_parts(values: Iterable[str]) -> set[str]:
    return {part for value in values for part in (value, password_in(value))}


def _is_ready(pod: Mapping[str, Any]) -> bool:
    status = pod.get("status") or {}
    conditions = {entry["type"]: entry["status"] for entry in status.get("conditions") or ()}
    return not pod["metadata"].get("deletionTimestamp") and conditions.get("Ready") == "True"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
