"""`components.NAME.sidecars`: containers in Kubernetes' own words, as far as `restricted` admits them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from airstrip.spec.fields import invalid
from airstrip.spec.kubernetes_fields import DnsLabel, MountPath
from airstrip.spec.written import Written

Words = dict[str, Any]
"""A mapping that is handed to Kubernetes as it is."""


class EnvironmentEntry(Written):
    """A literal, or where the value comes from."""

    name: str
    value: str | None = None
    value_from: Words | None = None

    @model_validator(mode="after")
    def _one_value(self) -> EnvironmentEntry:
        if self.value is not None and self.value_from is not None:
            raise invalid("spec.conflict", "value and valueFrom exclude each other", "Keep one of the two.")
        return self


class MountEntry(Written):
    """A volume of the pod: one of `volumes`, or one that the component has itself, such as logs."""

    name: str
    mount_path: MountPath
    sub_path: str | None = None
    read_only: bool = False


class SidecarFile(Written):
    """A container beside the component's own: starts before it, and ends after it."""

    name: DnsLabel
    image: Annotated[str, Field(min_length=1)] = Field(description="As the nodes pull it.")
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    command: Annotated[tuple[str, ...], Field(strict=False)] = ()
    args: Annotated[tuple[str, ...], Field(strict=False)] = ()
    working_dir: str | None = None
    env: Annotated[tuple[EnvironmentEntry, ...], Field(strict=False)] = ()
    env_from: Annotated[tuple[Words, ...], Field(strict=False)] = ()
    ports: Annotated[tuple[Words, ...], Field(strict=False)] = ()
    volume_mounts: Annotated[tuple[MountEntry, ...], Field(strict=False)] = ()
    resources: Words = Field({})
    startup_probe: Words | None = None
    readiness_probe: Words | None = None
    liveness_probe: Words | None = None
    lifecycle: Words | None = None
    security_context: Words = Field({}, description="What `restricted` demands is added where it is missing.")

    @model_validator(mode="after")
    def _is_restricted(self) -> SidecarFile:
        for wrong in (*_beyond_restricted(self.security_context), *_host_ports(self.ports)):
            message = f"pod security `restricted` admits no container with {wrong}"
            raise invalid("spec.not-restricted", message, "Remove it.")
        return self


def _beyond_restricted(context: Mapping[str, Any]) -> Iterator[str]:
    """What is written and refused. Source: Kubernetes, Pod Security Standards."""
    for key in ("privileged", "allowPrivilegeEscalation"):
        if context.get(key):
            yield f"{key}: true"
    if context.get("runAsNonRoot") is False:
        yield "runAsNonRoot: false"
    if context.get("runAsUser") == 0:
        yield "runAsUser: 0"
    if context.get("procMount", "Default") != "Default":
        yield "another procMount than Default"
    profile = context.get("seccompProfile")
    if isinstance(profile, Mapping) and profile.get("type") == "Unconfined":
        yield "seccompProfile Unconfined"
    capabilities = context.get("capabilities")
    added = capabilities.get("add") if isinstance(capabilities, Mapping) else None
    if isinstance(added, list) and set(map(str, added)) - {"NET_BIND_SERVICE"}:
        yield "other capabilities than NET_BIND_SERVICE"


def _host_ports(ports: tuple[Words, ...]) -> Iterator[str]:
    if any("hostPort" in port for port in ports):
        yield "a hostPort"
