"""The claims of shared volumes: one in each namespace, bound to what the target made for it."""

from __future__ import annotations

from collections.abc import Mapping

from airstrip.errors import AirstripError
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import metadata
from airstrip.manifests.project_room import project_in
from airstrip.platform import Binding, Purpose, Role, SharedVolume


def build_claims(inputs: Inputs) -> tuple[Object, ...]:
    """Raises AirstripError `volume.not-shareable` where the place cannot bind a volume in each namespace.

    Only pods of projects use `data`: the control plane has no claim of it, nor a project whose data is elsewhere.
    """
    roles: dict[str, Role] = {inputs.workers: "workers", inputs.control: "control"}
    of_each = ((purpose, namespace) for purpose in inputs.spec.dags.volumes for namespace in inputs.namespaces)
    own = [item.namespace for item in inputs.spec.projects.values() if item.namespace and not item.data]
    of_data: list[tuple[Purpose, str]] = [("data", namespace) for namespace in (inputs.workers, *own)]
    wanted: tuple[tuple[Purpose, str], ...] = (*of_each, *of_data)
    return tuple(
        _claim(inputs, volume, _binding(inputs, volume, namespace, roles), namespace)
        for volume, namespace in ((_volume(inputs, purpose), namespace) for purpose, namespace in wanted)
    )


def _volume(inputs: Inputs, purpose: Purpose) -> SharedVolume:
    volume = inputs.platform.volume(purpose)
    if volume is None:
        raise _not_shareable(inputs, purpose)
    return volume


def _binding(inputs: Inputs, volume: SharedVolume, namespace: str, roles: Mapping[str, Role]) -> Binding:
    if namespace in roles:
        binding = volume.bindings.get(roles[namespace])
    else:
        binding = volume.projects.get(project_in(inputs.spec, namespace))
    if binding is None:
        raise _not_shareable(inputs, volume.purpose)
    return binding


def _not_shareable(inputs: Inputs, purpose: Purpose) -> AirstripError:
    return AirstripError(
        "volume.not-shareable",
        f"{inputs.platform.place} cannot give the same {purpose} folder to two namespaces",
        cause="A claim belongs to one namespace, and a dynamic storage class makes a new volume for each claim.",
        fix="Take DAGs from git (via: bundle) and keep logs in an object store, use NFS, or use one namespace.",
    )


def _claim(inputs: Inputs, volume: SharedVolume, binding: Binding, namespace: str) -> Object:
    about = metadata(inputs, volume.claim_name, volume.purpose, namespace)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": about,
        "spec": {
            "accessModes": [volume.access_mode],
            "resources": {"requests": {"storage": binding.capacity}},
            "storageClassName": binding.storage_class,
            "volumeMode": "Filesystem",
            **({"volumeName": binding.volume} if binding.volume else {}),
        },
    }
