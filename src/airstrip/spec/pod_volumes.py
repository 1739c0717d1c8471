"""`components.NAME.volumes`: those that pod security `restricted` admits, in Kubernetes' own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from airstrip.spec.fields import invalid
from airstrip.spec.kubernetes_fields import DnsLabel, FileMode, MountPath, Quantity
from airstrip.spec.written import Written

SOURCES = ("configMap", "secret", "emptyDir", "persistentVolumeClaim", "projected", "csi", "ephemeral", "downwardAPI")
_UNSAFE = frozenset(
    {
        *("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "fc", "flexVolume", "flocker"),
        *("gcePersistentDisk", "gitRepo", "glusterfs", "hostPath", "iscsi", "nfs", "photonPersistentDisk"),
        *("portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume"),
    }
)
"""Of PodSpec's volumes, those that `restricted` refuses. Source: Kubernetes, Pod Security Standards."""


class KeyToPath(Written):
    """One entry as a file."""

    key: str
    path: str
    mode: FileMode | None = None


class ConfigMapVolume(Written):
    """A ConfigMap's entries as files."""

    name: str
    items: Annotated[tuple[KeyToPath, ...], Field(strict=False)] = ()
    default_mode: FileMode | None = None
    optional: bool = False


class SecretVolume(Written):
    """A Secret's entries as files."""

    secret_name: str
    items: Annotated[tuple[KeyToPath, ...], Field(strict=False)] = ()
    default_mode: FileMode | None = None
    optional: bool = False


class EmptyDirVolume(Written):
    """Scratch that goes with the pod."""

    medium: Literal["", "Memory"] = ""
    size_limit: Quantity | None = None


class ClaimVolume(Written):
    """A PersistentVolumeClaim."""

    claim_name: str
    read_only: bool = False


class ProjectedVolume(Written):
    """Several sources in one folder."""

    sources: Annotated[tuple[dict[str, Any], ...], Field(strict=False)]
    default_mode: FileMode | None = None


class CsiVolume(Written):
    """A volume that a driver makes for the pod alone."""

    driver: str
    fs_type: str | None = None
    read_only: bool = False
    volume_attributes: dict[str, str] = Field({})
    node_publish_secret_ref: dict[str, str] = Field({})


class EphemeralVolume(Written):
    """A claim that lives as long as the pod."""

    volume_claim_template: dict[str, Any]


class DownwardVolume(Written):
    """What the pod is, as files."""

    items: Annotated[tuple[dict[str, Any], ...], Field(strict=False)]
    default_mode: FileMode | None = None


class VolumeFile(Written):
    """Exactly one source; what it names must be in the pods' namespace."""

    name: DnsLabel
    mount_path: MountPath | None = Field(
        None, description="In the component's own container. Without it: for sidecars."
    )
    sub_path: str | None = Field(None, description="A file or folder of the volume, instead of all of it.")
    read_only: bool = Field(False, description="Nothing can be written there.")
    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None
    empty_dir: EmptyDirVolume | None = None
    persistent_volume_claim: ClaimVolume | None = None
    projected: ProjectedVolume | None = None
    csi: CsiVolume | None = None
    ephemeral: EphemeralVolume | None = None
    downward_api: DownwardVolume | None = Field(None, alias="downwardAPI")

    @model_validator(mode="before")
    @classmethod
    def _one_source(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        if unsafe := sorted(_UNSAFE.intersection(value)):
            message = f"pod security `restricted` admits no pod with a {unsafe[0]} volume: it would reach into the node"
            raise invalid("spec.not-restricted", message, "Make a PersistentVolume of it, and write its claim.")
        found = [source for source in SOURCES if source in value]
        known = ", ".join(SOURCES)
        if len(found) > 1:
            message = f"a volume has one source, and here are {len(found)}"
            raise invalid("spec.one-of", message, f"Keep one of: {', '.join(found)}")
        if not found and all(isinstance(key, str) for key in value):
            raise invalid("spec.one-of", "the volume has no source", f"Add one of: {known}")
        if found and value[found[0]] is None:
            raise invalid("spec.wrong-type", f"has no value for {found[0]}", "Write a value after the colon.")
        return value

    @model_validator(mode="after")
    def _mounted(self) -> VolumeFile:
        if self.mount_path is None and (self.sub_path is not None or self.read_only):
            message = "subPath and readOnly say how it is mounted, and there is no mountPath"
            raise invalid("spec.conflict", message, "Write mountPath, or say this in the sidecar's volumeMounts.")
        return self
