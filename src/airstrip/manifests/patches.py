"""The file's patches, applied last: onto objects as they are otherwise complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airstrip.errors import Problem, SpecError
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import GIT_CHECK, MIGRATION, TASK, TEMPLATE_MAP, VOLUME_CHECK
from airstrip.manifests.strategic_merge import PatchError, strategic_merge
from airstrip.spec import Patch

_IDENTITY = ("apiVersion", "kind")


def patched(inputs: Inputs, item: Object) -> Object:
    """An object with what the file's patches say of it. Raises SpecError at the patch's place."""
    for patch in inputs.spec.patches:
        if _is_of(patch, item, _plain_name(inputs, item)):
            item = _apply(patch, item)
    return item


def check_targets(inputs: Inputs, items: Iterable[Object]) -> None:
    """Raises SpecError with every patch that is of none of a deployment's objects."""
    objects = [*items, *([_task_pod(inputs)] if inputs.tasks_have_pods else [])]
    named = [(item, _plain_name(inputs, item)) for item in objects]
    named = [(item, name) for item, name in named if name != TEMPLATE_MAP]
    problems = [
        _no_target(patch, named)
        for patch in inputs.spec.patches
        if not any(_is_of(patch, item, name) for item, name in named)
    ]
    if problems:
        raise SpecError(problems)


def _task_pod(inputs: Inputs) -> Object:
    """By which patches find the template of tasks' pods, a text in a ConfigMap."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": TASK, "namespace": inputs.workers}}


def _plain_name(inputs: Inputs, item: Object) -> str:
    """Without the hash that some names end in."""
    name = str(item["metadata"]["name"])
    if item["kind"] == "ConfigMap":
        return next((plain for plain, applied in inputs.config_maps.items() if applied == name), name)
    if item["kind"] == "Job":
        return next((plain for plain in (GIT_CHECK, VOLUME_CHECK) if name.startswith(plain)), MIGRATION)
    return name


def _is_of(patch: Patch, item: Object, name: str) -> bool:
    wanted = patch.body["metadata"]
    return (
        all(patch.body[key] == item[key] for key in _IDENTITY)
        and wanted["name"] == name
        and wanted.get("namespace") in (None, item["metadata"]["namespace"])
    )


def _apply(patch: Patch, item: Object) -> Object:
    """Names stay as they are applied: the patch's own may be a plain one."""
    metadata = {key: value for key, value in patch.body["metadata"].items() if key not in ("name", "namespace")}
    try:
        found = strategic_merge(item, {**patch.body, "metadata": metadata})
    except PatchError as error:
        where = ".".join(error.path)
        raise SpecError([_problem("spec.bad-patch", where, error.message, error.fix, patch)]) from error
    if lost := _containers(item) - _containers(found):
        message = f"the container {lost.pop()} would be gone, and it is what the pod is for"
        raise SpecError([_problem("spec.own-object", "", message, "Patch what is in it.", patch)])
    return found


def _containers(item: Mapping[str, Any]) -> set[str]:
    spec = item.get("spec") or {}
    pod = spec if item["kind"] == "Pod" else (spec.get("template") or {}).get("spec") or {}
    return {str(container["name"]) for container in pod.get("containers") or ()}


def _no_target(patch: Patch, named: Iterable[tuple[Object, str]]) -> Problem:
    kind, version, name = patch.body["kind"], patch.body["apiVersion"], patch.body["metadata"]["name"]
    where = f" in {namespace}" if (namespace := patch.body["metadata"].get("namespace")) else ""
    named = list(named)
    same = sorted({plain for item, plain in named if (item["apiVersion"], item["kind"]) == (version, kind)})
    kinds = sorted({f"{item['kind']} ({item['apiVersion']})" for item, _ in named})
    known = f"{kind}: {', '.join(same)}" if same else ", ".join(kinds)
    message = f"the deployment has no {kind} {name} of {version}{where}"
    return _problem("spec.no-target", "", message, f"Known: {known}", patch)


def _problem(code: str, path: str, message: str, fix: str, patch: Patch) -> Problem:
    where = f"{patch.path}.{path}" if path else patch.path
    return Problem(code, where, message, fix, patch.file, patch.line, patch.column)
