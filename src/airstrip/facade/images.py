"""The facade's verbs for images."""

from __future__ import annotations

from airstrip import operations
from airstrip.answers import ImagesData, KeptData
from airstrip.events import Emit, discard
from airstrip.result import Result
from airstrip.spec import Spec


class Images:
    """Of every `Deployment`."""

    spec: Spec

    def build_images(self, emit: Emit = discard, *, refresh: bool = False) -> Result[ImagesData]:
        """Builds the images that `up` would, as root; with `refresh`, anew from today's packages."""
        return operations.build_images(self.spec, emit, refresh=refresh)

    def prune_images(self, emit: Emit = discard) -> Result[KeptData]:
        """Removes every image, and every environment of `dev`, from the cache but this deployment's."""
        return operations.prune_images(self.spec, emit)
