"""From what was written of components to what the compiler reads of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from airstrip.spec.components import ComponentsFile, PodFile, ProcessFile
from airstrip.spec.pod_volumes import SOURCES, VolumeFile
from airstrip.spec.resolved import Component
from airstrip.spec.settings import Settings
from airstrip.spec.written import keys_of


def resolve_components(written: ComponentsFile, settings: Settings) -> dict[str, Component]:
    """Those of which the file says something."""
    return {
        name: _component(pods, settings.of_components.get(name, {}))
        for field, name in zip(ComponentsFile.model_fields, keys_of(ComponentsFile), strict=True)
        if (pods := getattr(written, field)) != type(pods)()
    }


def _component(pods: PodFile, env: dict[str, str]) -> Component:
    return Component(
        replicas=(pods.replicas or 1) if isinstance(pods, ProcessFile) else 1,
        requests=pods.resources.requests.model_dump(exclude_none=True),
        limits=pods.resources.limits.model_dump(exclude_none=True),
        node_selector=pods.node_selector,
        tolerations=tuple(item.model_dump(exclude_none=True) for item in pods.tolerations),
        env=env,
        affinity={} if pods.affinity is None else _as_written(pods.affinity),
        volumes=tuple(_volume(volume) for volume in pods.volumes),
        mounts=tuple(_mount(volume) for volume in pods.volumes if volume.mount_path is not None),
        sidecars=tuple(_as_written(sidecar) for sidecar in pods.sidecars),
    )


def _as_written(model: BaseModel) -> dict[str, Any]:
    """In the file's own words, without what it does not say."""
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _volume(volume: VolumeFile) -> dict[str, Any]:
    return {key: value for key, value in _as_written(volume).items() if key in ("name", *SOURCES)}


def _mount(volume: VolumeFile) -> dict[str, Any]:
    kept = ("name", "mountPath", "subPath", "readOnly")
    return {key: value for key, value in _as_written(volume).items() if key in kept}
