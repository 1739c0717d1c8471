"""Facts about what was landed: workloads, the Secrets that they read, their settings. Pure, of Kubernetes' objects."""

from __future__ import annotations

import base64
import binascii
import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airstrip.address import password_in
from airstrip.checksum import checksum
from airstrip.diagnose.airflow.facts import ImageFact, ReaderFact, SecretFact
from airstrip.times import moment

Object = Mapping[str, Any]

COMPONENT = "app.kubernetes.io/component"
_CHECKSUM = "checksum.airstrip/"
_FERNET = "AIRFLOW__CORE__FERNET_KEY"
_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
_PASSWORD = "password"
_FERNET_BYTES = 32


@dataclass(frozen=True)
class Reference:
    """A component's use of one key of a Secret; `variable` is the environment's name for it, or empty."""

    component: str
    secret: str
    key: str
    variable: str = ""


def images(items: Iterable[Object]) -> Iterator[ImageFact]:
    """Of Deployments and StatefulSets; a sidecar's is not meant."""
    for item in items:
        yield ImageFact(component_of(item), item["spec"]["template"]["spec"]["containers"][0]["image"])


def references(item: Object) -> Iterator[Reference]:
    """Of a Deployment, a StatefulSet or a Job; what is optional need not be there."""
    component, spec = component_of(item), item["spec"]["template"]["spec"]
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        for entry in container.get("env") or []:
            chosen = (entry.get("valueFrom") or {}).get("secretKeyRef")
            if chosen and not chosen.get("optional"):
                yield Reference(component, chosen["name"], chosen["key"], entry["name"])
    for volume in spec.get("volumes") or []:
        parts = [{"secret": volume["secret"]}] if "secret" in volume else []
        for source in [*parts, *(volume.get("projected") or {}).get("sources", [])]:
            secret = source.get("secret") or {}
            name = secret.get("secretName") or secret.get("name")
            if name and not secret.get("optional"):
                yield from (Reference(component, name, entry["key"]) for entry in secret.get("items") or [])


def secret_fact(name: str, secret: Object | None, used: Sequence[Reference]) -> SecretFact:
    """Looks at the values here, and tells only what is wrong with them."""
    readers = tuple(dict.fromkeys(each.component for each in used))
    if secret is None:
        return SecretFact(name, False, readers)
    data = {key: _decoded(text) for key, text in (secret.get("data") or {}).items()}
    missing = dict.fromkeys(each.key for each in used if not data.get(each.key))
    malformed = dict.fromkeys(
        each.key for each in used if data.get(each.key) and each.variable == _FERNET and not _is_fernet(data[each.key])
    )
    urls = [data.get(each.key, "") for each in used if each.variable == _DATABASE]
    return SecretFact(name, True, readers, tuple(missing), tuple(malformed), _keeps_password(data, urls))


def reader_facts(pods: Iterable[Object], used: Iterable[Reference], live: Mapping[str, Object]) -> Iterator[ReaderFact]:
    """Running pods that have a Secret's contents in their environment. `live` are the Secrets that are there."""
    keys: dict[tuple[str, str], dict[str, None]] = {}
    for each in used:
        if each.variable and each.secret in live:
            keys.setdefault((each.component, each.secret), {})[each.variable] = None
    for pod in pods:
        for (component, name), variables in keys.items():
            if component == component_of(pod) and _runs(pod):
                current = _is_current(pod, live[name])
                yield ReaderFact(component, pod["metadata"]["name"], name, tuple(variables), current)


def component_of(item: Object) -> str:
    return str((item["metadata"].get("labels") or {}).get(COMPONENT, item["metadata"]["name"]))


def _runs(pod: Object) -> bool:
    return pod["status"].get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")


def _is_current(pod: Object, secret: Object) -> bool:
    """By the annotation that it rolls with; or it was started by hand after the last change."""
    noted = (pod["metadata"].get("annotations") or {}).get(_CHECKSUM + secret["metadata"]["name"])
    if noted is None or noted == checksum(secret.get("data") or {}):
        return True
    states = [entry.get("state") or {} for entry in pod["status"].get("containerStatuses") or []]
    started = [state["running"]["startedAt"] for state in states if "running" in state]
    return bool(started) and min(map(moment, started)) >= _changed(secret)


def _changed(secret: Object) -> datetime.datetime:
    """When somebody last wrote what is in it."""
    times = [
        entry["time"]
        for entry in secret["metadata"].get("managedFields") or []
        if "time" in entry and "f:data" in (entry.get("fieldsV1") or {})
    ]
    return max(map(moment, [*times, secret["metadata"]["creationTimestamp"]]))


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode(errors="replace")


def _is_fernet(key: str) -> bool:
    """One key, or several with commas in between: the first encrypts, all decrypt."""
    try:
        return all(len(base64.urlsafe_b64decode(part)) == _FERNET_BYTES for part in key.split(","))
    except (binascii.Error, ValueError):
        return False


def _keeps_password(data: Mapping[str, str], urls: Sequence[str]) -> bool:
    password = data.get(_PASSWORD)
    return not password or all(password_in(url) == password for url in urls if url)
