"""What a Containerfile is rendered from, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from airstrip.images.builder import Builder
from airstrip.images.oci import RunSettings
from airstrip.images.recipe import SystemRecipe


@dataclass(frozen=True)
class ContainerRecipe:
    """`modules` are files of site-packages by their path there, `files` those by their absolute path in the image."""

    name: str
    system: SystemRecipe
    settings: RunSettings
    builder: Builder
    modules: Mapping[str, bytes]
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """What it starts from: the user's image, else our own system by the name that the engine has it under."""
        return self.builder.base or f"localhost/airstrip/system:{self.system.key.rpartition('-')[2][:12]}"
