"""Strategic merge as Kubernetes' own has it: one case for each rule."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from airstrip.manifests.strategic_merge import PatchError, strategic_merge

Object = dict[str, Any]


def deployment(**pod: Any) -> Object:
    return {"kind": "Deployment", "spec": {"replicas": 1, "template": {"spec": pod}}}


def pod_of(item: Object) -> Object:
    found: Object = item["spec"]["template"]["spec"]
    return found


CASES: dict[str, tuple[Object, Object, Object]] = {
    "a mapping is merged, a scalar replaced": (
        {"nodeSelector": {"a": "1", "b": "2"}, "priority": 1},
        {"nodeSelector": {"b": "3", "c": "4"}, "priority": 2},
        {"nodeSelector": {"a": "1", "b": "3", "c": "4"}, "priority": 2},
    ),
    "null removes a key": (
        {"nodeSelector": {"a": "1", "b": "2"}},
        {"nodeSelector": {"a": None}},
        {"nodeSelector": {"b": "2"}},
    ),
    "a mapping is replaced": (
        {"affinity": {"nodeAffinity": {}}},
        {"affinity": {"$patch": "replace", "podAffinity": {"x": 1}}},
        {"affinity": {"podAffinity": {"x": 1}}},
    ),
    "a mapping is deleted": ({"affinity": {"nodeAffinity": {}}}, {"affinity": {"$patch": "delete"}}, {"affinity": {}}),
    "containers by name, env by name, mounts by path, ports by number": (
        {
            "containers": [
                {
                    "name": "a",
                    "image": "i",
                    "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}],
                    "volumeMounts": [{"mountPath": "/m", "name": "v"}],
                    "ports": [{"containerPort": 80, "name": "http"}],
                },
                {"name": "b", "image": "i"},
            ]
        },
        {
            "containers": [
                {
                    "name": "a",
                    "env": [{"name": "Y", "value": "3"}, {"name": "Z", "value": "4"}],
                    "volumeMounts": [{"mountPath": "/m", "readOnly": True}],
                    "ports": [{"containerPort": 80, "protocol": "UDP"}],
                },
                {"name": "c", "image": "j"},
            ]
        },
        {
            "containers": [
                {
                    "name": "a",
                    "image": "i",
                    "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "3"}, {"name": "Z", "value": "4"}],
                    "volumeMounts": [{"mountPath": "/m", "name": "v", "readOnly": True}],
                    "ports": [{"containerPort": 80, "name": "http", "protocol": "UDP"}],
                },
                {"name": "b", "image": "i"},
                {"name": "c", "image": "j"},
            ]
        },
    ),
    "an entry is deleted": (
        {"volumes": [{"name": "a"}, {"name": "b"}]},
        {"volumes": [{"name": "a", "$patch": "delete"}]},
        {"volumes": [{"name": "b"}]},
    ),
    "what is not there is deleted too": (
        {"volumes": []},
        {"volumes": [{"name": "a", "$patch": "delete"}]},
        {"volumes": []},
    ),
    "an entry is replaced": (
        {"volumes": [{"name": "a", "emptyDir": {}}]},
        {"volumes": [{"name": "a", "$patch": "replace", "csi": {"driver": "d"}}]},
        {"volumes": [{"name": "a", "csi": {"driver": "d"}}]},
    ),
    "a list with a key is replaced": (
        {"volumes": [{"name": "a"}]},
        {"volumes": [{"$patch": "replace"}, {"name": "b"}]},
        {"volumes": [{"name": "b"}]},
    ),
    "keys are retained": (
        {"volumes": [{"name": "a", "emptyDir": {}}]},
        {"volumes": [{"name": "a", "$retainKeys": ["name", "csi"], "csi": {"driver": "d"}}]},
        {"volumes": [{"name": "a", "csi": {"driver": "d"}}]},
    ),
    "tolerations have no key": (
        {"tolerations": [{"key": "a"}]},
        {"tolerations": [{"key": "b"}]},
        {"tolerations": [{"key": "b"}]},
    ),
    "arguments are replaced": (
        {"containers": [{"name": "a", "args": ["x", "y"]}]},
        {"containers": [{"name": "a", "args": ["z"]}]},
        {"containers": [{"name": "a", "args": ["z"]}]},
    ),
    "pull secrets by name": (
        {"imagePullSecrets": [{"name": "a"}]},
        {"imagePullSecrets": [{"name": "b"}, {"name": "a"}]},
        {"imagePullSecrets": [{"name": "a"}, {"name": "b"}]},
    ),
    "a new entry's nulls and directives are not kept": (
        {},
        {"containers": [{"name": "a", "image": None, "resources": {"$patch": "replace", "limits": {"cpu": None}}}]},
        {"containers": [{"name": "a", "resources": {"limits": {}}}]},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_pods_spec_is_merged(case: str) -> None:
    before, patch, after = CASES[case]
    item, change = deployment(**before), deployment(**patch)
    kept = copy.deepcopy((item, change))
    assert pod_of(strategic_merge(item, change)) == after
    assert (item, change) == kept


def test_a_services_ports_are_found_by_port() -> None:
    item = {"kind": "Service", "spec": {"ports": [{"port": 80, "targetPort": "http"}]}}
    patch = {"spec": {"ports": [{"port": 80, "nodePort": 30000}]}}
    assert strategic_merge(item, patch)["spec"]["ports"] == [{"port": 80, "targetPort": "http", "nodePort": 30000}]


def test_a_policys_ports_have_no_key() -> None:
    item = {"kind": "NetworkPolicy", "spec": {"ingress": [{"ports": [{"port": 80}]}]}}
    assert strategic_merge(item, {"spec": {"ingress": [{}]}})["spec"]["ingress"] == [{}]


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ({"volumes": [{"emptyDir": {}}]}, "found by its name"),
        ({"volumes": ["a"]}, "found by its name"),
        ({"affinity": {"$patch": "remove"}}, "$patch: remove is not known"),
        ({"$setElementOrder/volumes": []}, "$setElementOrder/volumes is not understood"),
    ],
)
def test_what_cannot_be_carried_out_is_said(patch: Object, said: str) -> None:
    with pytest.raises(PatchError, match=said.replace("$", r"\$")):
        strategic_merge(deployment(), deployment(**patch))
