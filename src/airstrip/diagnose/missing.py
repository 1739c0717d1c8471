"""Secrets, ConfigMaps and service accounts that are not there, or lack a key: told by what was landed, and by pods that
name them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from airstrip.diagnose import described
from airstrip.diagnose.airflow.look import airflow, secret_subject, subject
from airstrip.diagnose.airflow.work import ENDED_EARLY_SUBJECT
from airstrip.diagnose.facts import Facts, PodFact
from airstrip.diagnose.match import Match, subject_of
from airstrip.diagnose.namespace_rules import NAMESPACE_CODES, NOTHING_THERE
from airstrip.diagnose.refusals import evidence, refused, refused_by_log
from airstrip.diagnose.rule import Rule
from airstrip.kube.troubles import CONFIG_REASONS, MOUNT_REASONS

_ABSENT = re.compile(r'(?P<kind>secret|configmap) "?(?P<name>[\w./-]+)"? not found', re.I)
_LACKS = re.compile(
    r"couldn't find key (?P<key>[\w.-]+) in (?P<kind>secret|configmap) (?P<name>[\w./-]+)"
    r'|(?:volume "(?P<volume>[^"]+)".*)?references non-existent (?P<of>secret|config) key: (?P<mounted>[\w.-]+)',
    re.I,
)
_KEYS, _DATABASE = "airflow-keys", "airflow-database"
_LOST = {
    _KEYS: " Without a copy of its fernet-key, stored connections and variables cannot be read any more.",
    _DATABASE: " Without a copy of its password nobody gets into the database, which keeps the one it was made with.",
}
"""What a new one does not bring back."""
_PATIENCE = 10.0
"""Seconds. A ConfigMap can come a moment after its pod."""


_Place = tuple[str, str, str]
"""Namespace, what lacks keys, and the name to edit it by."""


@dataclass
class _Absence:
    """Names or keys that are not there, who needs them, and what was said."""

    names: dict[str, None] = field(default_factory=dict)
    readers: dict[str, None] = field(default_factory=dict)
    subjects: dict[str, None] = field(default_factory=dict)
    said: dict[str, None] = field(default_factory=dict)

    def add(self, name: str, reader: str = "", about: str = "", said: str = "") -> None:
        for known, new in ((self.names, name), (self.readers, reader), (self.subjects, about), (self.said, said)):
            known |= {new: None} if new else {}

    def match(self, about: str, **fields: str) -> Match:
        found = {"names": ", ".join(self.names), "name": next(iter(self.names)), "readers": ", ".join(self.readers)}
        return Match(about, {**found, **fields}, "\n".join(self.said), [*self.subjects])


def about(namespace: str, kind: str) -> str:
    """One for all ConfigMaps, and one for all accounts, of a namespace."""
    return f"missing/{namespace}/{kind}"


def _secrets(facts: Facts) -> Iterator[Match]:
    found: dict[tuple[str, str], _Absence] = {}
    control = facts.deployment.control if facts.deployment else ""
    for secret in airflow(facts).secrets:
        for reader in () if secret.present else secret.readers:
            found.setdefault((control, secret.name), _Absence()).add(secret.name, reader, subject(facts, reader))
    for pod, said in _start_messages(facts):
        if (seen := _ABSENT.search(said)) and seen["kind"].lower() == "secret":
            name = _name(seen["name"])
            found.setdefault((pod.namespace, name), _Absence()).add(name, _reader(pod), subject_of(pod), said)
    for (namespace, name), absence in found.items():
        yield absence.match(secret_subject(namespace, name), namespace=namespace, lost=_LOST.get(name, ""))


def _config_maps(facts: Facts) -> Iterator[Match]:
    found = _landed(facts, "ConfigMap")
    for pod, said in _start_messages(facts):
        if (seen := _ABSENT.search(said)) and seen["kind"].lower() == "configmap":
            names = found.setdefault(pod.namespace, _Absence())
            names.add(_name(seen["name"]), _reader(pod), subject_of(pod), said)
    for namespace, absence in found.items():
        yield absence.match(about(namespace, "ConfigMap"), namespace=namespace)


def _accounts(facts: Facts) -> Iterator[Match]:
    found = _landed(facts, "ServiceAccount")
    for event, refusal, owner in refused(facts, "account.missing"):
        found.setdefault(event.namespace, _Absence()).add(refusal.name, about=owner, said=evidence(event))
    for line, refusal, namespace in refused_by_log(facts, "account.missing"):
        where = namespace or (facts.deployment.workers if facts.deployment else "")
        found.setdefault(where, _Absence()).add(refusal.name, about=ENDED_EARLY_SUBJECT, said=line)
    for namespace, absence in found.items():
        yield absence.match(about(namespace, "ServiceAccount"), namespace=namespace)


def _landed(facts: Facts, kind: str) -> dict[str, _Absence]:
    """By namespace: of a kind, what the record of the last landing names and the cluster has not got."""
    found: dict[str, _Absence] = {}
    for missing in facts.missing:
        if missing.kind == kind:
            found.setdefault(missing.namespace, _Absence()).add(missing.name)
    return found


def _secret_keys(facts: Facts) -> Iterator[Match]:
    found: dict[_Place, _Absence] = {}
    control = facts.deployment.control if facts.deployment else ""
    for secret in airflow(facts).secrets:
        for key in secret.missing:
            found.setdefault((control, secret.name, secret.name), _Absence()).add(key)
        for reader in secret.readers if secret.missing else ():
            found[control, secret.name, secret.name].add("", reader, subject(facts, reader))
    for place, absence in _lacking(facts, "secret", found).items():
        namespace, of, edited = place
        lost = _LOST.get(of, "") if _is_lost(absence.names) else ""
        yield absence.match(secret_subject(namespace, of), of=of, edited=edited, namespace=namespace, lost=lost)


def _is_lost(keys: Collection[str]) -> bool:
    """Of the database's two keys, one tells the other."""
    return "fernet-key" in keys or {"password", "sql-alchemy-conn"} <= {*keys}


def _config_map_keys(facts: Facts) -> Iterator[Match]:
    for (namespace, of, edited), absence in _lacking(facts, "configmap", {}).items():
        yield absence.match(f"config-map/{namespace}/{of}", of=of, edited=edited, namespace=namespace)


def _lacking(facts: Facts, kind: str, found: dict[_Place, _Absence]) -> dict[_Place, _Absence]:
    """With what pods' messages say; of a mounted one, they name the volume only."""
    for pod, said in _start_messages(facts):
        seen = _LACKS.search(said)
        if seen is None or not kind.startswith((seen["kind"] or seen["of"]).lower()):
            continue
        name = _name(seen["name"]) if seen["name"] else f"of volume {seen['volume'] or 'NAME'} of {pod.name}"
        place = (pod.namespace, name, name if seen["name"] else "NAME")
        key = seen["key"] or seen["mounted"]
        found.setdefault(place, _Absence()).add(key, _reader(pod), subject_of(pod), said)
    return found


def _start_messages(facts: Facts) -> Iterator[tuple[PodFact, str]]:
    """Why containers were not started: by their state, and by the events of their mounts."""
    for pod, container in facts.containers():
        if container.state == "waiting" and container.reason in CONFIG_REASONS:
            yield pod, container.message
    for pod in facts.pods:
        if pod.waiting and pod.age > _PATIENCE:
            for event in facts.events_about("Pod", pod.name, pod.namespace, pod.uid)[-3:]:
                if event.reason in MOUNT_REASONS:
                    yield pod, event.message


def _reader(pod: PodFact) -> str:
    return pod.component if pod.component not in ("", described.TASK) else pod.name


def _name(text: str) -> str:
    return text.rpartition("/")[2]


SECRET_RULES: tuple[Rule, ...] = (
    Rule(
        "secret.missing",
        "Secret {name} is not in {namespace}",
        "It was deleted, or never made there: {readers} cannot start without it.{lost}",
        "Put it back from a copy: kubectl -n {namespace} apply -f FILE; where there is none, Airstrip makes its own"
        " anew: ./airstrip up; a project's: ./airstrip project set {name} --secret KEY;"
        " yours: kubectl -n {namespace} create secret generic {name} --from-literal=KEY=VALUE",
        _secrets,
    ),
    Rule(
        "secret.key-missing",
        "Secret {of} in {namespace} lacks {names}",
        "It was changed by hand, or made without: {readers} cannot start.{lost}",
        "Airstrip makes what its own Secret lacks, and leaves what that holds: ./airstrip up; yours:"
        " kubectl -n {namespace} edit secret {edited}",
        _secret_keys,
    ),
)

CONFIG_MAP_RULES: tuple[Rule, ...] = (
    Rule(
        "config-map.missing",
        "ConfigMap {names} is not in {namespace}",
        "It was deleted, or never made there: pods that read it cannot start.",
        "Airstrip makes its own again: ./airstrip up; a project's: ./airstrip project add {name};"
        " yours: kubectl -n {namespace} create configmap {name} --from-file=FILE",
        _config_maps,
        NOTHING_THERE,
        NAMESPACE_CODES,
    ),
    Rule(
        "config-map.key-missing",
        "ConfigMap {of} in {namespace} lacks {names}",
        "It was changed by hand, or made without: {readers} cannot start.",
        "Airstrip gives its own back what they lack: ./airstrip up; yours:"
        " kubectl -n {namespace} edit configmap {edited}",
        _config_map_keys,
        NOTHING_THERE,
        NAMESPACE_CODES,
    ),
)

ACCOUNT_RULES: tuple[Rule, ...] = (
    Rule(
        "account.missing",
        "ServiceAccount {names} is not in {namespace}",
        "It was deleted, or never made there: pods that run with it cannot be made.",
        "Airstrip makes its own again: ./airstrip up; yours: kubectl -n {namespace} create serviceaccount {name}",
        _accounts,
        NOTHING_THERE,
        NAMESPACE_CODES,
    ),
)
