"""The course of a build: out of the cache where it can be, else once, with everything needed checked first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from airstrip.events import Emit, Progress, step
from airstrip.images.layer import Layer
from airstrip.images.oci import RunSettings, read_layout, write_layout
from airstrip.images.request import BuiltImage, ImagePlan
from airstrip.images.store import ImageStore
from airstrip.images.system import require_builder

BuildLayers = Callable[[Path, Progress], tuple[Layer, ...]]


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
    settings: RunSettings,
    build_layers: BuildLayers,
    *,
    needed_mb: int,
    title: str,
    refresh: bool,
    emit: Emit,
) -> BuiltImage:
    """The planned image; `build_layers` gets an empty folder and puts the layers into the store."""
    planned = plan()
    name = planned.name
    with step(emit, f"image.{name}", title) as progress:
        if planned.image is not None and not refresh:
            progress.note = "cached"
            return planned.image
        require_builder()
        with store.building(name, progress) as work:
            planned = plan()
            if planned.image is not None and not refresh:
                progress.note = "built by another Airstrip"
                return planned.image
            store.require_space(needed_mb)
            layers = build_layers(work, progress)
            files = [(layer, store.blob(layer)) for layer in layers]
            digest = write_layout(work / "layout", planned.reference, files, settings)
            store.keep_layout(planned.layout, work / "layout")
            progress.note = f"{sum(layer.size for layer in layers) // 1_000_000} MB"
            return BuiltImage(planned.reference, digest, planned.layout)
