"""Who builds an image: Airstrip itself, or an engine that the user has, from a Containerfile."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

# Raise it when the folder containerfile makes another image of the same inputs.
FORMAT = 1

BuilderName = Literal["airstrip", "docker", "podman"]


@dataclass(frozen=True)
class Builder:
    """`base` is the image that an engine starts from; without one it is the Debian system that Airstrip makes."""

    name: BuilderName = "airstrip"
    base: str | None = None

    @property
    def is_own(self) -> bool:
        return self.name == "airstrip"

    @property
    def inputs(self) -> dict[str, Any]:
        """What it adds to that which decides on an image: nothing where we build, so that names stay as they were."""
        return {} if self.is_own else {"builder": {"format": FORMAT, **asdict(self)}}


OWN = Builder()
