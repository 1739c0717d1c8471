"""What applying objects would change, and doing exactly that.

The API server is asked by a dry run, so its defaults are no difference, and neither is what others
have added to an object beside our fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from airstrip.errors import KubernetesError
from airstrip.kube.cluster import Cluster
from airstrip.kube.inventory import Entry
from airstrip.kube.objects import Object

Action = Literal["add", "change", "replace", "remove"]

MASK = "(hidden)"
_HANDS = "kubectl"
_SERVERS_OWN = frozenset({"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"})


@dataclass(frozen=True)
class FieldChange:
    """One field: `path` as in `spec.template.spec.containers[web].image`; None is an absent value."""

    path: str
    before: Any
    after: Any

    def to_dict(self) -> dict[str, Any]:
        return {"path": self.path, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Change:
    """What happens to one object. `managers` are people's tools whose changes by hand it takes back."""

    action: Action
    entry: Entry
    fields: tuple[FieldChange, ...] = ()
    managers: tuple[str, ...] = ()
    item: Object | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "action": self.action,
            "apiVersion": self.entry.api_version,
            "kind": self.entry.kind,
            "namespace": self.entry.namespace,
            "name": self.entry.name,
            "fields": [field.to_dict() for field in self.fields],
            "takesBackFrom": list(self.managers),
        }


def plan_change(cluster: Cluster, item: Mapping[str, Any]) -> Change | None:
    """What applying an object would do; None where nothing. Writes nothing.

    A field that was changed by hand (with kubectl) is taken back; one that another program manages
    is KubernetesError `kubernetes.field-conflict`. A Job that failed is replaced: it stays failed
    whatever is applied.
    """
    entry = Entry.of(item)
    before = cluster.get(entry.api_version, entry.kind, entry.name, entry.namespace or None)
    if before is None:
        return Change("add", entry, item=dict(item))
    if has_failed(before):
        return Change("replace", entry, item=dict(item))
    after, managers = _preview(cluster, item)
    fields = tuple(compare(_content(before), _content(after), hide=entry.kind == "Secret"))
    return Change("change", entry, fields, managers, dict(item)) if fields else None


def plan_changes(cluster: Cluster, items: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    """What applying them would change, in their order."""
    changes = (plan_change(cluster, item) for item in items)
    return tuple(change for change in changes if change is not None)


def execute(cluster: Cluster, change: Change) -> None:
    """Does what was planned."""
    entry = change.entry
    if change.action in ("replace", "remove"):
        wait = 60.0 if change.action == "replace" else None
        cluster.delete(entry.api_version, entry.kind, entry.name, entry.namespace or None, wait=wait)
    if change.item is not None:
        cluster.apply(change.item, force=bool(change.managers))


def compare(before: Any, after: Any, path: str = "", *, hide: bool = False) -> Iterator[FieldChange]:
    """The leaves that differ, in order. Lists of named objects are compared by name."""
    if before == after:
        return
    old, new = _children(before), _children(after)
    if old is None or new is None:
        yield FieldChange(path, *(_shown(value, hide=hide) for value in (before, after)))
        return
    for key in dict.fromkeys((*old, *new)):
        yield from compare(old.get(key), new.get(key), path + key if path else key.lstrip("."), hide=hide)


def _children(value: Any) -> dict[str, Any] | None:
    """A collection's items by their step in a path; None for a leaf. What is absent has no items."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return {f".{key}": item for key, item in value.items()}
    if isinstance(value, list):
        named = all(isinstance(item, Mapping) and "name" in item for item in value)
        return {f"[{item['name'] if named else index}]": item for index, item in enumerate(value)}
    return None


def _shown(value: Any, *, hide: bool) -> Any:
    return MASK if hide and value is not None else value


def _preview(cluster: Cluster, item: Mapping[str, Any]) -> tuple[Object, tuple[str, ...]]:
    try:
        return cluster.preview(item), ()
    except KubernetesError as error:
        if not error.managers or not all(manager.startswith(_HANDS) for manager in error.managers):
            raise
        return cluster.preview(item, force=True), error.managers


def has_failed(item: Mapping[str, Any]) -> bool:
    """Whether it is a Job that has given up."""
    conditions = (item.get("status") or {}).get("conditions") or ()
    return item["kind"] == "Job" and any(
        entry["type"] == "Failed" and entry["status"] == "True" for entry in conditions
    )


def _content(item: Object) -> Object:
    """Without what the server and its controllers write."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in _SERVERS_OWN}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}
