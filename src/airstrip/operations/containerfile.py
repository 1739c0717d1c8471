"""The Containerfile of an image: to read what Docker or Podman are to do, or to build it elsewhere."""

from __future__ import annotations

from pathlib import Path

from airstrip import images
from airstrip.answers import ContainerfileData
from airstrip.errors import UsageError
from airstrip.events import Emit
from airstrip.images import ContainerRecipe
from airstrip.operations.image import airflow_request
from airstrip.operations.task_images import builder_of, images_folder
from airstrip.operations.uv import find_uv
from airstrip.paths import cache_dir
from airstrip.result import Result
from airstrip.spec import Spec

_AIRFLOW = "airflow"


def containerfile(spec: Spec, name: str, folder: Path | None, emit: Emit) -> Result[ContainerfileData]:
    """Of a task image, or of Airflow's own; with `folder`, all that the build takes is written there.

    Raises ImageError, UsageError.
    """
    recipe = _recipe(spec, name)
    written = []
    if folder is not None:
        written = images.write_build_context(recipe, _lock(spec, name, emit), find_uv(), folder)
    data: ContainerfileData = {
        "image": name,
        "containerfile": images.render_containerfile(recipe),
        "written": [str(path) for path in written],
    }
    return Result("image containerfile", data)


def _is_airflow(spec: Spec, name: str) -> bool:
    return name == _AIRFLOW and not (images_folder(spec) / _AIRFLOW).is_dir()


def _recipe(spec: Spec, name: str) -> ContainerRecipe:
    if not _is_airflow(spec, name):
        return images.task_container_recipe(images.find_task_image(name, images_folder(spec)), builder_of(spec))
    if spec.image.ref is not None:
        raise UsageError(
            "image.is-ready",
            "image.ref names a ready image: nothing is built",
            fix="Remove image.ref, or name a task image: ./airstrip image list",
        )
    return images.airflow_container_recipe(airflow_request(spec))


def _lock(spec: Spec, name: str, emit: Emit) -> Path:
    if _is_airflow(spec, name):
        return images.airflow_lock(airflow_request(spec), cache_dir(), find_uv(), emit)
    return images.require_lock(images.find_task_image(name, images_folder(spec)))
