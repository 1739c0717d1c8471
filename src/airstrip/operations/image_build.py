"""Builds images into the cache, and task images into the place."""

from __future__ import annotations

from collections.abc import Sequence

from airstrip import images
from airstrip.answers import ImagesData
from airstrip.events import Emit
from airstrip.operations.image import ensure_built
from airstrip.operations.session import Session
from airstrip.operations.task_images import chosen, ensure_task_images
from airstrip.paths import cache_dir
from airstrip.result import Result


def build_images(session: Session, emit: Emit, *, names: Sequence[str] = (), refresh: bool) -> Result[ImagesData]:
    """These task images; without names the deployment's, then all of the user's own.

    With `refresh`, anew from today's packages of Debian.
    """
    spec = session.spec
    wanted = chosen(spec, names)
    with images.images_in_use(cache_dir()):
        own = {} if names else ensure_built(spec, emit, refresh=refresh)
        tasks = ensure_task_images(wanted, spec, session.target, emit, refresh=refresh)
    data: ImagesData = {"tasks": {name: image.pinned for name, image in tasks.items()}}
    if "postgresql" in own:
        data["postgresql"] = own["postgresql"].pinned
    if "airflow" in own:
        data["airflow"] = own["airflow"].pinned
    if images.DAGS_IMAGE in own:
        data["dags"] = own[images.DAGS_IMAGE].pinned
    return Result("image build", data)
