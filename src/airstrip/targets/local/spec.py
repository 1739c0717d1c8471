"""What the file may say of the embedded node: `target: {local: {...}}`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from airstrip.spec import TargetSpec

DEFAULT_PORT = 8080


class LocalSpec(TargetSpec):
    """One real Kubernetes node on this machine."""

    place: ClassVar[str] = "local"

    port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description=f"The loopback port of the UI. Default: {DEFAULT_PORT}, or the next free one.",
    )
