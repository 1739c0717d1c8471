"""The composition root: which places there are, what their part of the file looks like, who makes them."""

from __future__ import annotations

from collections.abc import Mapping

from airstrip.spec import Spec, TargetSpec
from airstrip.targets.docker.folders import client_folder
from airstrip.targets.docker.kind import Kind
from airstrip.targets.docker.minikube import Minikube
from airstrip.targets.docker.programs import ClusterProgram
from airstrip.targets.docker.spec import KindSpec, MinikubeSpec
from airstrip.targets.docker.target import DockerTarget
from airstrip.targets.existing.spec import ContextSpec, OnpremSpec
from airstrip.targets.existing.target import ExistingTarget
from airstrip.targets.local.spec import LocalSpec
from airstrip.targets.local.target import LocalTarget
from airstrip.targets.target import Target

TARGET_SPECS: Mapping[str, type[TargetSpec]] = {
    "local": LocalSpec,
    "kind": KindSpec,
    "minikube": MinikubeSpec,
    "context": ContextSpec,
    "onprem": OnpremSpec,
}
"""By the word that the file's `target` uses; the first is the default."""

PLANNED_TARGETS = ("eks", "gke", "oke")
"""Words of the contract whose place is not built yet."""


def make_target(spec: Spec) -> Target:
    """The place that a spec names."""
    if isinstance(spec.target, LocalSpec):
        return LocalTarget(spec, spec.target)
    if isinstance(spec.target, ContextSpec):
        return ExistingTarget(spec, spec.target)
    if isinstance(spec.target, KindSpec | MinikubeSpec):
        return DockerTarget(spec, make_program(spec, spec.target))
    raise TypeError(f"no target is made for {type(spec.target).__name__}")


def make_program(spec: Spec, place: KindSpec | MinikubeSpec) -> ClusterProgram:
    """Who makes a cluster in Docker, with the folders that it needs."""
    cluster, client, live = place.cluster or f"airstrip-{spec.name}", client_folder(spec), spec.dags.live_folder
    if isinstance(place, KindSpec):
        return Kind(cluster, client, live, place.image or "")
    return Minikube(cluster, client, live, place.version or "", place.cpus, place.memory)
