"""The Airflow image with a folder of DAGs as its last layer: all other layers are those of the image without them.

Kept as an image of its own, so that a change of a DAG makes one small layer and a manifest, and only what runs the
code of DAGs takes another image.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from airstrip.events import Emit, step
from airstrip.images.airflow import HOME, UID
from airstrip.images.build import plan_image
from airstrip.images.dags_layer import DagsRequest, write_dags_layer
from airstrip.images.layer import Layer
from airstrip.images.oci import blob_path, read_config, read_layers, write_layout
from airstrip.images.request import BuiltImage, ImagePlan
from airstrip.images.store import ImageStore

DAGS_IMAGE = "airflow-dags"
_ABOVE = {"opt": (0, 0, 0o755), HOME.strip("/"): (UID, 0, 0o775)}
"""As the system's layer has them: an entry counts for more than that of a layer below."""


def plan_dags_image(base: ImagePlan, request: DagsRequest, cache: Path) -> ImagePlan:
    """The image as the cache has it, over the base that it has now. Reads every file, writes nothing."""
    with Path(os.devnull).open("wb") as nowhere:
        layer = write_dags_layer(request, nowhere, _ABOVE)
    return _plan(base.reference, base.image, layer, ImageStore(cache))


def ensure_dags_image(base: BuiltImage, request: DagsRequest, cache: Path, emit: Emit) -> BuiltImage:
    """Of the files as they are now: what is written decides on the name, not what was planned before."""
    store = ImageStore(cache)
    with (
        step(emit, f"image.{DAGS_IMAGE}", f"Add the DAGs of {request.place} to the image") as progress,
        store.building(DAGS_IMAGE, progress) as work,
    ):
        archive = work / "dags.tar"
        with archive.open("wb") as file:
            layer = write_dags_layer(request, file, _ABOVE)
            file.flush()
            os.fsync(file.fileno())
        planned = _plan(base.reference, base, layer, store)
        if planned.image is not None:
            progress.note = "cached"
            return planned.image
        below = [(each, blob_path(base.layout, each.digest)) for each in read_layers(base.layout)]
        config = _with_layer(read_config(base.layout), layer)
        digest = write_layout(work / "layout", planned.reference, [*below, (layer, archive)], config)
        store.keep_layout(planned.layout, work / "layout")
        progress.note = f"{layer.size // 1000} kB"
        return BuiltImage(planned.reference, digest, planned.layout)


def _with_layer(config: dict[str, Any], layer: Layer) -> dict[str, Any]:
    """Of the image with one layer more."""
    return {**config, "rootfs": {**config["rootfs"], "diff_ids": [*config["rootfs"]["diff_ids"], layer.digest]}}


def _plan(reference: str, base: BuiltImage | None, layer: Layer, store: ImageStore) -> ImagePlan:
    """`image build --refresh` makes another base of the same name: what was made over the one before is not it."""
    version = reference.rpartition(":")[2].partition("-")[0]
    key = hashlib.sha256(f"{reference}\n{layer.digest}".encode()).hexdigest()
    planned = plan_image(store, DAGS_IMAGE, version, key)
    if planned.digest and base and read_layers(planned.layout) == (*read_layers(base.layout), layer):
        return planned
    return ImagePlan(planned.reference, planned.layout, None)
