"""What a build gives, before it is a layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airstrip.images.layer import Layer
from airstrip.images.oci import RunSettings, image_config


@dataclass(frozen=True)
class Contents:
    """Layers, lowest first, that are in the store, and the configuration as the image has it."""

    layers: tuple[Layer, ...]
    config: Mapping[str, Any]


def contents(layers: tuple[Layer, ...], settings: RunSettings) -> Contents:
    """Of layers that we made."""
    return Contents(layers, image_config(layers, settings))
