"""What the file says of a component's pods, over what Airstrip has for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airstrip.manifests import pod_security
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.spec import Component
from airstrip.spec.kubernetes_fields import quantity


def component_of(inputs: Inputs, name: str) -> Component:
    return inputs.spec.components.get(name, Component())


def with_room(inputs: Inputs, name: str, pod: Object) -> Object:
    """A pod's spec with what the file has for it; its first container is the component's own."""
    component = component_of(inputs, name)
    own, *others = pod["containers"]
    mounts = [*own["volumeMounts"], *map(dict, component.mounts)]
    found = {
        **pod,
        "containers": [{**own, "volumeMounts": mounts}, *others],
        "volumes": [*pod["volumes"], *map(dict, component.volumes)],
        **placement(component),
        **inputs.pull_secrets,
        **inputs.host_aliases,
    }
    if component.sidecars:
        found["initContainers"] = [_sidecar(words) for words in component.sidecars]
    return found


def placement(component: Component) -> Object:
    """The part of a pod's spec that says which nodes may run it."""
    found: Object = {
        "nodeSelector": dict(component.node_selector),
        "tolerations": [dict(item) for item in component.tolerations],
        "affinity": dict(component.affinity),
    }
    return {key: value for key, value in found.items() if value}


def _sidecar(words: Mapping[str, Any]) -> Object:
    """Kubernetes' own kind of sidecar, so that a task's pod ends with its task."""
    context = words.get("securityContext", {})
    capabilities = {**pod_security.SIDECAR["capabilities"], **context.get("capabilities", {}), "drop": ["ALL"]}
    return {
        **words,
        "restartPolicy": "Always",
        "securityContext": {**pod_security.SIDECAR, **context, "capabilities": capabilities},
    }


def resources(inputs: Inputs, name: str, own: Object) -> Object:
    """A container's resources; of Airstrip's own, one that does not fit the file's is moved to it."""
    component = component_of(inputs, name)
    requests = {**own["requests"], **component.requests}
    limits = {**own["limits"], **component.limits}
    for kind in requests.keys() & limits.keys():
        if quantity(requests[kind]) <= quantity(limits[kind]):
            continue
        if kind in component.limits:
            requests[kind] = limits[kind]
        else:
            limits[kind] = requests[kind]
    return {"requests": requests, "limits": limits}
