"""`components`: names, paths and secrets of volumes and sidecars, judged against the pods that they come into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from airstrip.errors import Problem
from airstrip.spec.airflow_options import Wrong
from airstrip.spec.document import Document, at, mappings
from airstrip.spec.own_pods import GIT_SYNC_PREFIX, OWN_CONTAINERS, OWN_VOLUMES, is_own_secret
from airstrip.spec.settings import is_secret_variable, wrong_value
from airstrip.spec.source import KeyPath

Found = tuple[KeyPath, Wrong]

_REFERENCES = ("secretKeyRef", "secretRef", "secret", "nodePublishSecretRef")
"""Where a container or a volume names a Secret, beside a volume's `secretName`."""
_MODES = ("mode", "defaultMode")


def check_pods(document: Document) -> list[Problem]:
    """What the models, which know one mapping each, cannot see; wrong shapes are theirs to report."""
    found: list[Found] = [*_local_executor(document), *_one_writer(document), *_own_database(document)]
    for component, words in mappings(document.data, ("components",)):
        if component in OWN_VOLUMES:
            found += _volumes(component, words)
            found += _sidecars(component, words)
            for key in ("volumes", "sidecars"):
                path: KeyPath = ("components", component, key)
                found += [*_own_secrets(at(document.data, path), path), *_modes(document, path)]
    return [_problem(document, path, wrong) for path, wrong in found]


def _problem(document: Document, path: KeyPath, wrong: Wrong) -> Problem:
    secret = wrong[0].startswith("spec.secret-")
    return document.source.problem(wrong[0], path, wrong[1], wrong[2], document.place(path).value, secret=secret)


def _local_executor(document: Document) -> Iterator[Found]:
    """With it tasks run in the scheduler's pod: one that counts them, and no others."""
    if at(document.data, ("airflow", "executor")) != "local":
        return
    replicas: KeyPath = ("components", "scheduler", "replicas")
    if at(document.data, replicas) not in (None, 1):
        message = "with the executor local, tasks run in the one pod of the scheduler"
        yield replicas, ("spec.conflict", message, "Write 1, or airflow.executor: kubernetes.")
    if at(document.data, ("components", "task")):
        message = "with the executor local there are no pods of tasks"
        fix = "Write it under components.scheduler, or airflow.executor: kubernetes."
        yield ("components", "task"), ("spec.conflict", message, fix)


def _own_database(document: Document) -> Iterator[Found]:
    if at(document.data, ("database", "url")) and at(document.data, ("components", "postgresql")):
        message = "with database.url there are no pods of a database"
        yield ("components", "postgresql"), ("spec.conflict", message, "Remove it, or database.url.")


def _one_writer(document: Document) -> Iterator[Found]:
    """git-sync runs beside the dag-processor, and two of them would break each other's folder."""
    git = at(document.data, ("dags", "git"))
    ways = [item.get("via") for item in (git if isinstance(git, list) else [git]) if isinstance(item, dict)]
    replicas: KeyPath = ("components", "dag-processor", "replicas")
    if "sync" in ways and at(document.data, replicas) not in (None, 1):
        message = "with DAGs by git-sync there is one dag-processor: git-sync runs beside it, and writes alone"
        yield replicas, ("spec.conflict", message, "Write 1, or dags.git.via: bundle.")


def _items(words: dict[str, Any], component: str, key: str) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    entries = words.get(key)
    for index, item in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(item, dict):
            yield ("components", component, key, index), item


def _volumes(component: str, words: dict[str, Any]) -> Iterator[Found]:
    own = OWN_VOLUMES[component]
    taken = dict.fromkeys(own, f"{component}'s pods have a volume of this name")
    paths: list[str] = []
    for path, item in _items(words, component, "volumes"):
        yield from _name(item, (*path, "name"), taken)
        mount = item.get("mountPath")
        if not isinstance(mount, str):
            continue
        if near := next((one for one in own.values() if _overlap(one, mount)), None):
            message = f"{near} is a folder of Airstrip's in these pods, and this would be over it or in it"
            yield (*path, "mountPath"), ("spec.own-path", message, "Write a folder of your own, such as /opt/models.")
        elif mount in paths:
            message = "another volume is mounted there"
            yield (*path, "mountPath"), ("spec.duplicate-name", message, "Write another folder.")
        paths.append(mount)


def _overlap(own: str, other: str) -> bool:
    one, two = PurePosixPath(own), PurePosixPath(other)
    return one.is_relative_to(two) or two.is_relative_to(one)


def _name(item: dict[str, Any], path: KeyPath, taken: dict[str, str]) -> Iterator[Found]:
    name = item.get("name")
    if not isinstance(name, str):
        return
    if name in taken:
        yield path, ("spec.duplicate-name", f"the name {name} is taken: {taken[name]}", "Write another name.")
    taken.setdefault(name, "another one has it")


def _sidecars(component: str, words: dict[str, Any]) -> Iterator[Found]:
    volumes = {item.get("name") for _, item in _items(words, component, "volumes")} | set(OWN_VOLUMES[component])
    taken = {OWN_CONTAINERS[component]: "the component's own container has it"}
    for path, item in _items(words, component, "sidecars"):
        yield from _name(item, (*path, "name"), taken)
        if str(item.get("name")).startswith(GIT_SYNC_PREFIX):
            message = f"names that begin with {GIT_SYNC_PREFIX} are those of git-sync's containers"
            yield (*path, "name"), ("spec.duplicate-name", message, "Write another name.")
        for index, mount in enumerate(_list(item, "volumeMounts")):
            if isinstance(mount.get("name"), str) and mount["name"] not in volumes:
                known = ", ".join(sorted(filter(None, map(str, volumes))))
                message = f"the pods have no volume {mount['name']}"
                yield (*path, "volumeMounts", index, "name"), ("spec.unknown-volume", message, f"Known: {known}")
        for index, entry in enumerate(_list(item, "env")):
            yield from _variable(entry, (*path, "env", index))


def _list(item: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = item.get(key)
    return [entry if isinstance(entry, dict) else {} for entry in found] if isinstance(found, list) else []


def _variable(entry: dict[str, Any], path: KeyPath) -> Iterator[Found]:
    name, value = entry.get("name"), entry.get("value")
    if not isinstance(value, str):
        return
    if isinstance(name, str) and is_secret_variable(name):
        message = f"{name} is a secret's name, and a secret does not stand in the file"
        fix = "Write valueFrom: {secretKeyRef: {name: …, key: …}}; and change the secret if it was shared."
        yield (*path, "value"), ("spec.secret-variable", message, fix)
    elif wrong := wrong_value(value):
        yield (*path, "value"), wrong


def _own_secrets(value: Any, path: KeyPath) -> Iterator[Found]:
    """Secrets of the control plane that a container would get: none but ours reads them."""
    for key, item in _children(value):
        named = item.get("name") if key in _REFERENCES and isinstance(item, dict) else item
        if (key in _REFERENCES or key == "secretName") and isinstance(named, str) and is_own_secret(named):
            message = f"the Secret {named} holds what only the control plane's own processes may read"
            yield (*path, key), ("spec.own-secret", message, "Name a Secret of your own.")
        yield from _own_secrets(item, (*path, key))


def _modes(document: Document, path: KeyPath) -> Iterator[Found]:
    """A file's mode that begins with 0: a number of tens in YAML 1.2, and meant to be octal."""
    for place, written in document.places.items():
        raw = written.raw
        if place[: len(path)] == path and place[-1] in _MODES and raw[:1] == "0" and raw[1:].isdigit():
            yield (
                place,
                ("spec.bad-value", f"{raw} is no octal number in YAML 1.2", f"Write 0o{raw.lstrip('0') or '0'}."),
            )


def _children(value: Any) -> list[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []
