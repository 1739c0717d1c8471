"""Taking old images out of the cache."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from airstrip.events import Emit, step
from airstrip.images.request import ImagePlan
from airstrip.images.store import ImageStore


def prune_images(cache: Path, keep: Iterable[ImagePlan], emit: Emit) -> None:
    """Removes every built image but those planned in `keep`, with the layers that no other image has.

    Downloaded Python packages go too. Waits for a build under way, and keeps what that built if it is planned.
    """
    store = ImageStore(cache)
    with step(emit, "image.prune", "Remove unused images from the cache") as progress:
        with store.building("airflow", progress), store.building("postgresql", progress):
            freed = store.prune({plan.layout for plan in keep})
        progress.note = f"{freed // 1_000_000} MB"
