"""Taking old images and environments out of the cache, and keeping those that are needed from it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from airstrip.events import Emit, step
from airstrip.images.dags import DAGS_IMAGE
from airstrip.images.environments import prune_environments
from airstrip.images.request import ImagePlan
from airstrip.images.store import ImageStore
from airstrip.images.virtual_environment import VirtualEnvironment

_IMAGES = ("airflow", DAGS_IMAGE, "postgresql")


def images_in_use(cache: Path) -> AbstractContextManager[None]:
    """Keeps every image from being pruned: between its build and its import another deployment's prune could come."""
    return ImageStore(cache).in_use()


def prune_images(
    cache: Path, keep: Iterable[ImagePlan], emit: Emit, environment: VirtualEnvironment | None = None
) -> None:
    """Removes every built image but those planned in `keep`, with the layers that no other image has.

    So goes every virtual environment but `environment` and those in use, and downloaded Python packages. Waits for a
    landing and a build under way, and keeps what was built meanwhile if it is planned.
    """
    store = ImageStore(cache)
    with step(emit, "image.prune", "Remove unused images from the cache") as progress:
        with ExitStack() as held:
            held.enter_context(store.unused(progress))
            for name in _IMAGES:
                held.enter_context(store.building(name, progress))
            freed = store.prune({plan.layout for plan in keep})
            freed += prune_environments(cache, environment)
        progress.note = f"{freed // 1_000_000} MB"
