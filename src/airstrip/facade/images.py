"""The facade's verbs for images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from airstrip import operations
from airstrip.answers import (
    ContainerfileData,
    ImagesData,
    ImageTestData,
    KeptData,
    LockedData,
    PushedData,
    TaskImagesData,
    WrittenData,
)
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

    def containerfile(self, name: str, folder: Path | None = None, emit: Emit = discard) -> Result[ContainerfileData]:
        """What Docker or Podman build a task image, or `airflow`, from; with `folder`, all that it takes too."""
        return operations.containerfile(self.spec, name, folder, emit)

    def test_image(self, name: str, emit: Emit = discard, *, timeout: float = 120.0) -> Result[ImageTestData]:
        """Runs a task image's own check in a pod where tasks run. Exit code 3 when it fails."""
        return operations.test_image(self._session, name, emit, timeout=timeout)

    def push_image(
        self,
        name: str,
        destination: str,
        emit: Emit = discard,
        *,
        username: str | None = None,
        password: str | None = None,
        overwrite: bool = False,
    ) -> Result[PushedData]:
        """Pushes a built task image to REGISTRY/REPOSITORY[:TAG]; the result names it by digest.

        `password` is a reference (`env:`, `file:`, `k8s:`). Without a login, docker's configuration has it, or nobody.
        A tag of another image is replaced only with `overwrite`.
        """
        return operations.push_image(
            self._session, name, destination, emit, username=username, password=password, overwrite=overwrite
        )

    def prune_images(self, emit: Emit = discard) -> Result[KeptData]:
        """Removes every image, and every environment of `dev`, from the cache but this deployment's."""
        return operations.prune_images(self.spec, emit)
