"""The facade's verbs for images."""

from __future__ import annotations

from collections.abc import Sequence

from airstrip import operations
from airstrip.answers import ImagesData, KeptData, LockedData, TaskImagesData, WrittenData
from airstrip.events import Emit, discard
from airstrip.result import Result
from airstrip.spec import Spec


class Images:
    """Of every `Deployment`."""

    spec: Spec
    _session: operations.Session

    def images(self) -> Result[TaskImagesData]:
        """Task images: the user's own, in `images/` beside the file, and the library; what was built of each."""
        return operations.list_images(self.spec)

    def new_image(self, name: str, origin: str | None = None) -> Result[WrittenData]:
        """Copies a task image into `images/` beside the file; overwrites nothing."""
        return operations.new_image(self.spec, name, origin)

    def lock_images(self, names: Sequence[str] = (), emit: Emit = discard) -> Result[LockedData]:
        """Writes the locks of own task images anew, of the newest packages that their requirements allow."""
        return operations.lock_images(self.spec, names, emit)

    def build_images(
        self, emit: Emit = discard, *, names: Sequence[str] = (), refresh: bool = False
    ) -> Result[ImagesData]:
        """Builds task images, as root; without names those that `up` lands, and all own task images.

        Task images are brought into the place where that is up. With `refresh`, anew from today's packages of Debian.
        """
        return operations.build_images(self._session, emit, names=names, refresh=refresh)

    def prune_images(self, emit: Emit = discard) -> Result[KeptData]:
        """Removes every image, and every environment of `dev`, from the cache but this deployment's."""
        return operations.prune_images(self.spec, emit)
