"""The provisioner of the node's StorageClass: each claim gets a folder of the host.

Volumes are `local`, so a `restricted` pod may use them, and `Retain`: neither the claim's end nor
the node's takes the folder away.
"""

from __future__ import annotations

import time
from pathlib import Path

from .api import Api, ApiError, Object

PROVISIONER = "airstrip/host-folder"
_CLAIMS = "/api/v1/persistentvolumeclaims"
_VOLUMES = "/api/v1/persistentvolumes"
_WATCH_SECONDS = 600


def main(url: str, ca: str, certificate: str, key: str, storage_class: str, folder: str, node: str) -> int:
    """Runs until it is ended."""
    provisioner = Provisioner(Api(url, ca, certificate, key), storage_class, Path(folder), node)
    while True:
        try:
            provisioner.follow()
        except (ApiError, OSError, ValueError) as error:
            print(f"volumes: {error}; trying again", flush=True)
            time.sleep(1.0)


class Provisioner:
    """Makes a PersistentVolume for each claim that waits for one of our class."""

    def __init__(self, api: Api, storage_class: str, folder: Path, node: str) -> None:
        self._api = api
        self._storage_class = storage_class
        self._folder = folder
        self._node = node

    def follow(self) -> None:
        """Serves the claims there are, then those that come, until the watch ends."""
        listing = self._api.request("GET", _CLAIMS)
        for claim in listing["items"]:
            self.serve(claim)
        for event in self._api.watch(_CLAIMS, listing["metadata"]["resourceVersion"], _WATCH_SECONDS):
            if event["type"] == "ERROR":
                return
            if event["type"] in ("ADDED", "MODIFIED"):
                self.serve(event["object"])

    def serve(self, claim: Object) -> None:
        """No effect on a claim that is bound, of another class, or served already."""
        spec = claim["spec"]
        if spec.get("storageClassName") != self._storage_class or spec.get("volumeName"):
            return
        if "deletionTimestamp" in claim["metadata"]:
            return
        path = self._free_folder(claim)
        if path is None:
            return
        path.mkdir(parents=True, exist_ok=True)
        # Only root comes through the folder above it; in a pod any user may have to write.
        path.chmod(0o777)
        try:
            self._api.request("POST", _VOLUMES, volume_for(claim, path, self._storage_class, self._node))
        except ApiError as error:
            if error.status != 409:
                raise
        print(f"volumes: {claim['metadata']['namespace']}/{claim['metadata']['name']}: {path}", flush=True)

    def _free_folder(self, claim: Object) -> Path | None:
        """A folder that no volume has; None when the claim has its volume."""
        metadata = claim["metadata"]
        volumes = self._api.request("GET", _VOLUMES)["items"]
        if any(volume["metadata"]["name"] == volume_name(claim) for volume in volumes):
            return None
        # An underscore is in no name of Kubernetes: `a` + `b-c` and `a-b` + `c` stay apart.
        path = self._folder / f"{metadata['namespace']}_{metadata['name']}"
        taken = {volume["spec"].get("local", {}).get("path") for volume in volumes}
        return path if str(path) not in taken else path.with_name(f"{path.name}_{metadata['uid'][:8]}")


def volume_name(claim: Object) -> str:
    return f"pvc-{claim['metadata']['uid']}"


def volume_for(claim: Object, path: Path, storage_class: str, node: str) -> Object:
    """The PersistentVolume of a claim: pure."""
    metadata, spec = claim["metadata"], claim["spec"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": volume_name(claim),
            "labels": {"app.kubernetes.io/managed-by": "airstrip"},
            "annotations": {"pv.kubernetes.io/provisioned-by": PROVISIONER},
        },
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": storage_class,
            "volumeMode": "Filesystem",
            "local": {"path": str(path)},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}
                    ]
                }
            },
        },
    }
