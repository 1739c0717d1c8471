"""The course of a build: out of the cache where it can be, else once, with everything needed checked first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from airstrip.events import Emit, Progress, step
from airstrip.images.contents import Contents
from airstrip.images.oci import read_layout, write_layout
from airstrip.images.request import BuiltImage, ImagePlan
from airstrip.images.store import ImageStore
from airstrip.images.system import require_builder

Build = Callable[[Path, Progress], Contents]


def plan_image(store: ImageStore, name: str, version: str, key: str) -> ImagePlan:
    """The image NAME as the cache has it; its tag tells the version and what it was made from."""
    short = key[:12]
    reference = f"localhost/airstrip/{name}:{version}-{short}"
    layout = store.layout(name, short)
    digest = read_layout(layout)
    return ImagePlan(reference, layout, digest)


def ensure_image(
    plan: Callable[[], ImagePlan],
    store: ImageStore,
    build: Build,
    *,
    require: Callable[[], object] | None = None,
    needed_mb: int,
    title: str,
    refresh: bool,
    emit: Emit,
) -> BuiltImage:
    """The planned image; `build` gets an empty folder and puts the layers into the store.

    `require` raises what makes the build impossible, before anything is begun: by default what our own one needs.
    """
    planned = plan()
    name = planned.name
    with step(emit, f"image.{name}", title) as progress:
        if planned.image is not None and not refresh:
            progress.note = "cached"
            return planned.image
        (require or require_builder)()
        with store.building(name, progress) as work:
            planned = plan()
            if planned.image is not None and not refresh:
                progress.note = "built by another Airstrip"
                return planned.image
            store.require_space(needed_mb)
            built = build(work, progress)
            files = [(layer, store.blob(layer)) for layer in built.layers]
            digest = write_layout(work / "layout", planned.reference, files, built.config)
            store.keep_layout(planned.layout, work / "layout")
            progress.note = f"{sum(layer.size for layer in built.layers) // 1_000_000} MB"
            return BuiltImage(planned.reference, digest, planned.layout)
