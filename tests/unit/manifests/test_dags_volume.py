"""The Job that reaches the volume of pushed DAG files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from airstrip.manifests import ManifestSet, build_volume_job
from airstrip.spec import Dags, Spec
from tests.unit.manifests.reading import all_objects, find

Object = dict[str, Any]


@pytest.fixture
def processor(compile: Callable[..., ManifestSet], spec: Spec) -> Object:
    pushed = spec.model_copy(update={"dags": Dags(pushed=True, keep=3)})
    return find(all_objects(compile(spec=pushed)), "Deployment", "dag-processor")


@pytest.mark.parametrize("writes", [True, False])
def test_it_has_the_volume_of_the_processor_and_nothing_else(processor: Object, writes: bool) -> None:
    job = build_volume_job(processor, deployment="mine", namespace="mine", writes=writes)
    pod = job["spec"]["template"]["spec"]
    (volume,), (container,) = pod["volumes"], pod["containers"]
    assert volume["persistentVolumeClaim"]["claimName"] == "pushed-dags"
    assert container["volumeMounts"][0].get("readOnly", False) is not writes
    assert container["image"] == processor["spec"]["template"]["spec"]["containers"][0]["image"]
    assert (pod["automountServiceAccountToken"], "env" in container) == (False, False)
    assert "secret" not in json.dumps(volume).lower()
    (label,) = job["metadata"]["labels"].keys() - {"app.kubernetes.io/managed-by"}
    assert label == f"airstrip.dev/dags-{'writer' if writes else 'reader'}"


def test_one_that_was_landed_before_claims_had_names_of_their_own_is_reached_too(processor: Object) -> None:
    template = processor["spec"]["template"]["spec"]
    for volume in template["volumes"]:
        if volume["name"] == "dags":
            volume["persistentVolumeClaim"]["claimName"] = "dags"
    job = build_volume_job(processor, deployment="mine", namespace="mine", writes=True)
    (volume,) = job["spec"]["template"]["spec"]["volumes"]
    assert volume["persistentVolumeClaim"]["claimName"] == "dags"
