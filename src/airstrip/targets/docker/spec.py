"""What the file may say of kind and minikube: `target: {kind: {...}}`, `target: {minikube: {...}}`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from airstrip.spec import TargetSpec

DEFAULT_PORT = 8080

Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:@-]*$")]
"""Nothing that a program would take for an option."""


class DockerSpec(TargetSpec):
    """A cluster in Docker."""

    cluster: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,47}$")] | None = Field(
        None, description="A cluster to use as it is, if there is one. Default: airstrip-NAME, made here."
    )


class KindSpec(DockerSpec):
    """A cluster by kind."""

    place: ClassVar[str] = "kind"

    image: Word | None = Field(
        None, description="The node's image, which has Kubernetes' version. Default: kind's own."
    )


class MinikubeSpec(DockerSpec):
    """A cluster by minikube, with its driver docker."""

    place: ClassVar[str] = "minikube"

    version: Word | None = Field(None, description="Kubernetes' version. Default: minikube's own.")
    cpus: int = Field(2, ge=2, le=512, description="Processors of the node.")
    memory: Annotated[str, Field(pattern=r"^[0-9]+(m|g|mb|gb)?$")] = Field("4g", description="Memory of the node.")
