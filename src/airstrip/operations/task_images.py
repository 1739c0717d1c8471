"""Task images: the user's own, in `images/` beside the file, and the library that they are copied from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from airstrip import images
from airstrip.answers import LockedData, TaskImageData, TaskImagesData, WrittenData
from airstrip.errors import ImageError, UsageError
from airstrip.events import Emit, Warned, discard
from airstrip.images import Builder, BuiltImage, ImagePlan, TaskImage
from airstrip.operations.references import folder_of
from airstrip.operations.uv import find_uv
from airstrip.paths import cache_dir
from airstrip.result import Result
from airstrip.spec import Spec
from airstrip.targets.target import Target

_FIRST = "python-basic"


def images_folder(spec: Spec) -> Path:
    """Where the user's own are."""
    return folder_of(spec) / "images"


def builder_of(spec: Spec) -> Builder:
    """Of all images that the file has Airstrip build, but PostgreSQL's, which is Airstrip's own."""
    return Builder(spec.image.builder, spec.image.base)


def list_images(spec: Spec) -> Result[TaskImagesData]:
    """Own ones and the library, each with what was built of it."""
    folder = images_folder(spec)
    return Result(
        "image list", {"folder": str(folder), "images": [_row(image, spec) for image in images.task_images(folder)]}
    )


def new_image(spec: Spec, name: str, origin: str | None) -> Result[WrittenData]:
    """Copies an image into the user's own: the library's of the same name, else the simplest, if none is named."""
    folder = images_folder(spec)
    known = {image.name for image in images.task_images(folder)}
    source = images.find_task_image(origin or (name if name in known else _FIRST), folder)
    return Result("image new", {"written": [str(path) for path in images.copy_task_image(name, source, folder)]})


def lock_images(spec: Spec, names: Sequence[str], emit: Emit) -> Result[LockedData]:
    """Of these own images, or all: the newest packages that their requirements allow."""
    wanted = chosen(spec, names)
    for image in wanted:
        if image.source == "library":
            raise UsageError(
                "image.of-library",
                f"{image.name} is of the library, whose lock comes with Airstrip",
                fix=f"Make it yours first: ./airstrip image new {image.name}",
            )
    uv = find_uv()
    changed = [image.name for image in wanted if images.lock_task_image(image, cache_dir(), uv, emit)]
    return Result("image lock", {"changed": changed, "unchanged": [i.name for i in wanted if i.name not in changed]})


def chosen(spec: Spec, names: Sequence[str]) -> list[TaskImage]:
    """Those of these names, else all of the user's own."""
    folder = images_folder(spec)
    if not names:
        return images.own_images(folder)
    return [images.find_task_image(name, folder) for name in dict.fromkeys(names)]


def ensure_task_images(
    wanted: Sequence[TaskImage], spec: Spec, target: Target, emit: Emit, *, refresh: bool
) -> dict[str, BuiltImage]:
    """By name; in the place too, where that is up. Nothing is built where one has no lock."""
    builder = builder_of(spec)
    for image in wanted:
        images.plan_task_image(image, cache_dir(), builder)
    is_up = target.describe() is not None
    built = {}
    for image in wanted:
        built[image.name] = images.ensure_task_image(
            image, cache_dir(), find_uv(), emit, builder=builder, refresh=refresh
        )
        if is_up:
            load(image, built[image.name], target, emit)
    return built


def require_built(image: TaskImage, spec: Spec) -> BuiltImage:
    """What was built of the folder as it is now. Raises ImageError where it was not."""
    built = images.plan_task_image(image, cache_dir(), builder_of(spec)).image
    if built is None:
        raise ImageError(
            "image.not-built",
            f"the image {image.name} is not built as its folder is now",
            cause="It was changed since, or built into another user's cache.",
            fix=f"As root, or with sudo: ./airstrip image build {image.name}",
        )
    return built


def load(image: TaskImage, built: BuiltImage, target: Target, emit: Emit) -> None:
    """Into the place: by its digest, and by the name of what was built last.

    Nodes of others know neither name: they pull from a registry.
    """
    if not target.owns_cluster:
        fix = f"./airstrip image push {image.name} REGISTRY/PATH, and name it so in its DAGs."
        emit(Warned("image.not-loaded", f"The image {image.name} stays on this machine: nodes pull images.", fix))
        return
    target.load_image(built.layout, built.pinned, emit)
    target.load_image(built.layout, images.current_name(image.name), emit)


def load_own(spec: Spec, target: Target, emit: Emit) -> None:
    """Those that are built. One that is not keeps nobody from landing: its own DAGs alone need it."""
    for image, plan in _own(spec, emit):
        if plan.image:
            load(image, plan.image, target, emit)
        else:
            fix = f"As root, or with sudo: ./airstrip image build {image.name}"
            emit(Warned("image.not-built", f"The image {image.name} has changed, or was never built.", fix))


def own_plans(spec: Spec) -> list[ImagePlan]:
    """Of all that have a lock."""
    return [plan for _, plan in _own(spec)]


def _own(spec: Spec, emit: Emit = discard) -> list[tuple[TaskImage, ImagePlan]]:
    """What is wrong with one is told, and does not count."""

    def warn(error: ImageError) -> None:
        emit(Warned(error.code, error.message, error.fix))

    found = []
    for image in images.own_images(images_folder(spec), warn):
        try:
            found.append((image, images.plan_task_image(image, cache_dir(), builder_of(spec))))
        except ImageError as error:
            warn(error)
    return found


def _row(image: TaskImage, spec: Spec) -> TaskImageData:
    status = images.task_image_status(image, cache_dir(), builder_of(spec))
    return {
        "image": image.name,
        "source": image.source,
        "description": image.description,
        "folder": str(image.folder),
        # Whoever is not root cannot see what root has built, which is nearly everything.
        "state": "unknown" if status.state == "absent" and os.geteuid() != 0 else status.state,
        "name": images.current_name(image.name),
        "reference": status.image.pinned if status.image else None,
        "size": status.size,
        "built": status.built.isoformat(timespec="seconds") if status.built else None,
    }
