"""What the file may say of a cluster that is there: `target: {context: …}` and `target: {onprem: …}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from airstrip.spec import Alternatives, FilePath, TargetSpec, Written, invalid

DEFAULT_PORT = 8080


class NfsFile(Written):
    """An export whose folders `logs`, `data` and, where a volume has them, `dags` pods share."""

    server: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]+$")] = Field(description="The server, as nodes call it.")
    path: Annotated[str, Field(pattern=r"^/")] = Field(description="The folder that those folders are in.")
    mount_options: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        (), description="Of the mount, such as `nfsvers=4.1`."
    )


class SharedFile(Alternatives):
    """What is behind the volumes that several pods share."""

    scalar: ClassVar[str] = "class"

    storage_class: str | None = Field(
        None, alias="class", description="A class whose volumes many pods write (ReadWriteMany): in one namespace."
    )
    nfs: NfsFile | None = Field(None, description="An NFS export, as volumes of the deployment's own.")


class ContextSpec(TargetSpec):
    """A cluster that is there, by a context of a kubeconfig."""

    place: ClassVar[str] = "context"

    name: str | None = Field(None, description="The kubeconfig's context. Default: its current one.")
    kubeconfig: FilePath | None = Field(None, description="Default: KUBECONFIG, else ~/.kube/config.")
    storage_class: str | None = Field(
        None, description="The class of the database's volume. Default: the cluster's default class."
    )
    shared: SharedFile | None = Field(None, description="What is behind the volumes that several pods share.")

    @model_validator(mode="before")
    @classmethod
    def _bare_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class OnpremSpec(ContextSpec):
    """A cluster of one's own, with NFS."""

    place: ClassVar[str] = "onprem"

    @model_validator(mode="before")
    @classmethod
    def _needs_shared(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and not value.get("shared"):
            message = "does not say what is behind the volumes that pods share"
            fix = "Write shared: {nfs: {server: …, path: …}}, or shared: {class: nfs-client}."
            raise invalid("spec.missing-key", message, fix)
        return value
