"""How the tests read compiled objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ruamel.yaml import YAML

from airstrip.manifests import ManifestSet

Object = dict[str, Any]


def all_objects(manifests: ManifestSet) -> list[Object]:
    return [item for stage in manifests.stages for item in stage.objects]


def find(objects: Iterable[Object], kind: str, name: str) -> Object:
    (found,) = (item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name)
    return found


def config_map(objects: Iterable[Object], name: str) -> Object:
    """By its plain name, without the hash of its contents."""
    (found,) = {
        item["metadata"]["name"]: item
        for item in objects
        if item["kind"] == "ConfigMap" and item["metadata"]["name"].rpartition("-")[0] == name
    }.values()
    return found


def task_pod(objects: Iterable[Object]) -> Object:
    """The template of a task's pod, parsed as the executor does."""
    text = config_map(objects, "task-pod-template")["data"]["pod.yaml"]
    pod: Object = YAML(typ="safe").load(text)
    return pod


def pod_templates(objects: Iterable[Object]) -> Iterator[tuple[str, Object]]:
    """Name and template of each pod that the deployment runs, task pods included."""
    objects = list(objects)
    for item in objects:
        if "template" in item.get("spec", {}):
            yield item["metadata"]["name"].removesuffix(suffix(item)), item["spec"]["template"]
    yield "task", task_pod(objects)


def suffix(item: Object) -> str:
    """A migration's name ends in a hash."""
    return item["metadata"]["name"][len("migration") :] if item["kind"] == "Job" else ""


def templates(objects: Iterable[Object]) -> dict[str, Object]:
    return dict(pod_templates(objects))


def containers(template: Object) -> list[Object]:
    spec = template["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]
