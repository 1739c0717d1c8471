"""A task image: the system of Airflow's image, an environment of its own, airstrip_pods, its check.

It shares Airflow's system layer, so that a node holds that once; uid 50000 and group 0, as Airflow's pods have them,
so that either reads what the other wrote; and /opt/airflow/venv, though no Airflow is in there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from airstrip.errors import ImageError
from airstrip.events import Emit, Progress
from airstrip.images.airflow import HOME, UID, system_recipe
from airstrip.images.build import ensure_image
from airstrip.images.builder import OWN, Builder
from airstrip.images.conda.layer import FORMAT as CONDA_FORMAT
from airstrip.images.conda.layer import MODULES, PREFIX, ensure_conda_layer, ensure_modules_layer
from airstrip.images.containerfile.build import build_by_engine, requirement_of
from airstrip.images.containerfile.recipe import ContainerRecipe
from airstrip.images.contents import Contents, contents
from airstrip.images.environment import FORMAT, VENV, ensure_environment_layer, read_only
from airstrip.images.layer import Layer, write_layer
from airstrip.images.oci import RunSettings, layout_size, read_layout
from airstrip.images.pods_package import ensure_pods_layer, pods_digest, pods_files
from airstrip.images.request import BuiltImage, ImagePlan
from airstrip.images.store import ImageStore
from airstrip.images.system import ensure_system_layer
from airstrip.images.tasks.definition import CHECK, TaskImage
from airstrip.images.tasks.resolve import require_lock

State = Literal["current", "changed", "absent", "unlocked"]

REPOSITORY = "localhost/airstrip/tasks"
CHECK_PATH = f"/usr/local/share/airstrip/{CHECK}"

# The system twice, the layers, uv's cache.
_NEEDED_MB = 2500

_SETTINGS = RunSettings(
    user=f"{UID}:0",
    working_dir=HOME,
    entrypoint=("/usr/bin/tini", "--"),
    command=("python", CHECK_PATH),
    env={
        "PATH": f"/{VENV}/bin:/usr/local/bin:/usr/bin:/bin",
        # Notebooks and pictures keep things at home, where a pod that writes nothing into its image cannot.
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        # What a task prints is in its log when it prints it.
        "PYTHONUNBUFFERED": "1",
    },
)

_CONDA_SETTINGS = replace(
    _SETTINGS,
    env={**_SETTINGS.env, "PATH": f"/{PREFIX}/bin:/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": f"/{MODULES}"},
    command=("python3", CHECK_PATH),
)
_ABOVE = (UID, 0)
"""Owner and group of /opt/airflow, as the system's layer has it."""


@dataclass(frozen=True)
class TaskImageStatus:
    """`image` is what was built last, of this folder or (`changed`) of an earlier state of it; `size` in bytes."""

    state: State
    image: BuiltImage | None = None
    size: int = 0
    built: datetime | None = None


def current_name(name: str) -> str:
    """The name that a DAG gives: of what was built last. No `latest`, which a kubelet always pulls."""
    return f"{REPOSITORY}/{name}:current"


def plan_task_image(image: TaskImage, cache: Path, builder: Builder = OWN) -> ImagePlan:
    """What `ensure_task_image` would do; reads the cache, builds nothing. Raises ImageError without a lock."""
    require_lock(image)
    short = _key(image, builder)[:12]
    layout = ImageStore(cache).layout(f"task-{image.name}", short)
    return ImagePlan(f"{REPOSITORY}/{image.name}:{short}", layout, read_layout(layout))


def ensure_task_image(
    image: TaskImage, cache: Path, uv: Path, emit: Emit, *, builder: Builder = OWN, refresh: bool = False
) -> BuiltImage:
    """The image out of the cache, or built, as root: seconds, and a minute where there is no system yet.

    `refresh` builds it anew from today's Debian packages. Raises ImageError, LockError.
    """
    store = ImageStore(cache)
    lock = require_lock(image)

    def build(work: Path, progress: Progress) -> Contents:
        if not builder.is_own:
            return build_by_engine(container_recipe(image, builder), lock, uv, store, work, progress, refresh=refresh)
        system = ensure_system_layer(system_recipe(image.packages), store, work, progress, refresh=refresh)
        if image.conda:
            conda = ensure_conda_layer(lock, _ABOVE, store, work, uv, progress)
            layers = system, conda, ensure_modules_layer(store, work), _check_layer(image, store, work)
            return contents(layers, _CONDA_SETTINGS)
        environment = ensure_environment_layer(lock, system, store, work, uv, progress, start_up=False)
        layers = system, environment, ensure_pods_layer(system, store, work), _check_layer(image, store, work)
        return contents(layers, _SETTINGS)

    return ensure_image(
        lambda: plan_task_image(image, cache, builder),
        store,
        build,
        require=requirement_of(builder),
        needed_mb=_NEEDED_MB,
        title=f"Build the image {image.name}",
        refresh=refresh,
        emit=emit,
    )


def container_recipe(image: TaskImage, builder: Builder) -> ContainerRecipe:
    """The same image for an engine. Raises ImageError for conda's packages."""
    if image.conda:
        raise ImageError(
            "image.conda-by-engine",
            f"the image {image.name} is of conda packages, and has no Containerfile",
            cause="What a Containerfile of ours installs is from a Python package index.",
            fix=f"Let Airstrip build it: ./airstrip image build {image.name}; or write a requirements.txt."
            if builder.is_own
            else "Remove image.builder, so that Airstrip builds the image itself; or write a requirements.txt.",
        )
    system = system_recipe(image.packages)
    return ContainerRecipe(image.name, system, _SETTINGS, builder, pods_files(), {CHECK_PATH: image.check})


def task_image_status(image: TaskImage, cache: Path, builder: Builder = OWN) -> TaskImageStatus:
    """As the cache of whoever asks has it."""
    if not image.is_locked:
        return _newest(image, cache, "unlocked")
    built = plan_task_image(image, cache, builder).image
    return _status(built, "current") if built else _newest(image, cache, "changed")


def _newest(image: TaskImage, cache: Path, state: State) -> TaskImageStatus:
    """Of an earlier state of the folder."""
    layouts = ImageStore(cache).layouts(f"task-{image.name}")
    for layout in sorted(layouts, key=_built, reverse=True):
        digest = read_layout(layout)
        if digest:
            reference = f"{REPOSITORY}/{image.name}:{layout.name.rpartition('-')[2]}"
            return _status(BuiltImage(reference, digest, layout), state)
    return TaskImageStatus("absent" if state == "changed" else state)


def _status(image: BuiltImage, state: State) -> TaskImageStatus:
    built = datetime.fromtimestamp(_built(image.layout), UTC)
    return TaskImageStatus(state, image, layout_size(image.layout), built)


def _built(layout: Path) -> float:
    return (layout / "index.json").stat().st_mtime


def _key(image: TaskImage, builder: Builder) -> str:
    """A hash of everything that decides what is in the image."""
    inputs = {
        "format": FORMAT,
        "system": system_recipe(image.packages).key,
        "lock": hashlib.sha256(image.lock.read_bytes()).hexdigest(),
        "check": hashlib.sha256(image.check.read_bytes()).hexdigest(),
        "pods": pods_digest(),
        "settings": repr(_CONDA_SETTINGS if image.conda else _SETTINGS),
        **({"conda": CONDA_FORMAT} if image.conda else {}),
        **builder.inputs,
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _check_layer(image: TaskImage, store: ImageStore, work: Path) -> Layer:
    """Root's folders, as the system below has them."""
    key = f"check-{hashlib.sha256(image.check.read_bytes()).hexdigest()[:32]}"
    cached = store.layer(key)
    if cached is not None:
        return cached
    root = work / "check"
    file = root / CHECK_PATH.removeprefix("/")
    file.parent.mkdir(parents=True)
    for folder in (root, *(root / parent for parent in file.parent.relative_to(root).parents), file.parent):
        folder.chmod(0o755)
    shutil.copyfile(image.check, file)
    archive = work / "check.tar"
    layer = write_layer(root, archive, str(file.parent.relative_to(root)), read_only)
    store.keep_layer(key, layer, archive)
    return layer
