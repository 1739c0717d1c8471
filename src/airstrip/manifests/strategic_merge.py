"""Strategic merge patches, as `kubectl patch` and kustomize have them. Pure.

A mapping is merged key by key, null removes a key, and a list is replaced, except for the lists below, whose
items are found by a key. Source of the lists: `patchMergeKey` in Kubernetes' API types (k8s.io/api v0.35, core/v1;
those of the other groups that we render have it in `status` alone). Metadata's lists are not for patches (spec).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = dict[str, Any]
Path = tuple[str, ...]

_DIRECTIVE, _RETAIN = "$patch", "$retainKeys"

_CONTAINER = {"ports": "containerPort", "env": "name", "volumeMounts": "mountPath", "volumeDevices": "devicePath"}
_POD_SPEC = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "schedulingGates": "name",
    "resourceClaims": "name",
}
_OTHERS: Mapping[tuple[str, Path], str] = {
    ("Service", ("spec", "ports")): "port",
    ("ServiceAccount", ("secrets",)): "name",
}
_POD_SPECS: Mapping[str, Path] = {
    "Pod": ("spec",),
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "Job"), ("spec", "template", "spec")),
}
_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")


class PatchError(ValueError):
    """A patch that cannot be carried out: where in it, why, and what to do."""

    def __init__(self, path: Path, message: str, fix: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.fix = fix


def strategic_merge(item: Mapping[str, Any], patch: Mapping[str, Any]) -> Object:
    """The object with the patch applied; neither is changed. Raises PatchError."""
    return _merge_map(str(item["kind"]), dict(item), patch, ())


def merge_key(kind: str, path: Path) -> str | None:
    """The key that finds the items of a list of an object, None for a list that is replaced.

    `path` has the fields' names alone: `("spec", "containers", "ports")`.
    """
    pod = _POD_SPECS.get(kind)
    if pod is not None and path[: len(pod)] == pod:
        inner = path[len(pod) :]
        if len(inner) == 1:
            return _POD_SPEC.get(inner[0])
        if len(inner) == 2 and inner[0] in _CONTAINER_LISTS:
            return _CONTAINER.get(inner[1])
    return _OTHERS.get((kind, path))


def _merge_map(kind: str, old: Object, patch: Mapping[str, Any], path: Path) -> Object:
    directive = patch.get(_DIRECTIVE, "merge")
    if directive not in ("merge", "replace", "delete"):
        raise PatchError((*path, _DIRECTIVE), f"$patch: {directive} is not known", "Write replace, delete or merge.")
    if directive == "delete":
        return {}
    if directive == "replace":
        return {key: _without_directives(value) for key, value in patch.items() if _is_kept(key, value)}
    found = dict(old)
    for key, value in patch.items():
        if key.startswith("$"):
            _apply_directive(found, key, value, path)
        elif value is None:
            found.pop(key, None)
        else:
            found[key] = _merge(kind, found.get(key), value, (*path, key))
    return found


def _apply_directive(found: Object, key: str, value: Any, path: Path) -> None:
    if key == _DIRECTIVE:
        return
    if key == _RETAIN and isinstance(value, list):
        for name in [name for name in found if name not in value]:
            del found[name]
    else:
        message = f"the directive {key} is not understood"
        raise PatchError((*path, key), message, f"Known: {_DIRECTIVE} and {_RETAIN}.")


def _merge(kind: str, old: Any, new: Any, path: Path) -> Any:
    if isinstance(new, Mapping):
        return _merge_map(kind, old if isinstance(old, dict) else {}, new, path)
    if isinstance(new, list):
        return _merge_list(kind, old if isinstance(old, list) else [], new, path)
    return new


def _merge_list(kind: str, old: list[Any], new: list[Any], path: Path) -> list[Any]:
    key = merge_key(kind, path)
    if key is None:
        return [_without_directives(entry) for entry in new if entry != {_DIRECTIVE: "replace"}]
    if {_DIRECTIVE: "replace"} in new:
        old, new = [], [entry for entry in new if entry != {_DIRECTIVE: "replace"}]
    found = list(old)
    for entry in new:
        _merge_entry(kind, found, entry, key, path)
    return found


def _merge_entry(kind: str, found: list[Any], entry: Any, key: str, path: Path) -> None:
    if not isinstance(entry, Mapping) or key not in entry:
        message = f"an entry of {path[-1]} is found by its {key}, and this one has none"
        raise PatchError(path, message, f"Write {key} in each entry.")
    places = [index for index, item in enumerate(found) if item.get(key) == entry[key]]
    if entry.get(_DIRECTIVE) == "delete":
        found[:] = [item for index, item in enumerate(found) if index not in places]
    elif places:
        found[places[0]] = _merge_map(kind, found[places[0]], entry, path)
    else:
        found.append(_merge_map(kind, {}, {name: item for name, item in entry.items() if name != _DIRECTIVE}, path))


def _without_directives(value: Any) -> Any:
    """What a patch puts in place: nothing there is to be merged, so its directives mean nothing, nor do nulls."""
    if isinstance(value, Mapping):
        return {key: _without_directives(item) for key, item in value.items() if _is_kept(key, item)}
    return [_without_directives(entry) for entry in value] if isinstance(value, list) else value


def _is_kept(key: str, value: Any) -> bool:
    return not key.startswith("$") and value is not None
