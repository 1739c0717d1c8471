"""The composition root: which places there are, what their part of the file looks like, who makes them."""

from __future__ import annotations

from collections.abc import Mapping

from airstrip.spec import Spec, TargetSpec
from airstrip.targets.existing.spec import ContextSpec, OnpremSpec
from airstrip.targets.existing.target import ExistingTarget
from airstrip.targets.local.spec import LocalSpec
from airstrip.targets.local.target import LocalTarget
from airstrip.targets.target import Target

TARGET_SPECS: Mapping[str, type[TargetSpec]] = {"local": LocalSpec, "context": ContextSpec, "onprem": OnpremSpec}
"""By the word that the file's `target` uses; the first is the default."""

PLANNED_TARGETS = ("kind", "minikube", "eks", "gke", "oke")
"""Words of the contract whose place is not built yet."""


def make_target(spec: Spec) -> Target:
    """The place that a spec names."""
    if isinstance(spec.target, LocalSpec):
        return LocalTarget(spec, spec.target)
    if isinstance(spec.target, ContextSpec):
        return ExistingTarget(spec, spec.target)
    raise TypeError(f"no target is made for {type(spec.target).__name__}")
