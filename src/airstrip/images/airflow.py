"""The Airflow image: Debian with Python, Airflow in a virtual environment, and airstrip_pods in it.

/opt/airflow            AIRFLOW_HOME, home of the user airflow (uid 50000, group 0)
/opt/airflow/{dags,logs,config}, writable for group 0, as OpenShift's arbitrary users need
/opt/airflow/venv       root's, read-only
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from airstrip.events import Emit, Progress, step
from airstrip.images.build import ensure_image, plan_image
from airstrip.images.containerfile.build import build_by_engine, requirement_of
from airstrip.images.containerfile.recipe import ContainerRecipe
from airstrip.images.contents import Contents, contents
from airstrip.images.environment import FORMAT, VENV, ensure_environment_layer, start_up_files
from airstrip.images.lock import ensure_lock, locked_packages
from airstrip.images.oci import RunSettings
from airstrip.images.pods_package import ensure_pods_layer, pods_digest, pods_files
from airstrip.images.recipe import Account, Folder, SystemRecipe
from airstrip.images.request import AirflowImageRequest, BuiltImage, ImagePlan
from airstrip.images.requirements import shipped_locks
from airstrip.images.store import ImageStore
from airstrip.images.system import ensure_system_layer

HOME = "/opt/airflow"
UID = 50000

# procps: the pod operators end their XCom sidecar, which runs in this image, with pgrep.
_PACKAGES = ("ca-certificates", "libpq5", "procps", "python3", "tini")
_FOLDERS = ("opt/airflow", "opt/airflow/dags", "opt/airflow/logs", "opt/airflow/config")

# The system twice (installed, and unpacked beneath the environment), both layers, uv's cache.
_NEEDED_MB = 3500

RUN_SETTINGS = RunSettings(
    user=f"{UID}:0",
    working_dir=HOME,
    entrypoint=("/usr/bin/tini", "--"),
    command=("airflow", "version"),
    env={
        "PATH": f"/{VENV}/bin:/usr/local/bin:/usr/bin:/bin",
        "AIRFLOW_HOME": HOME,
        "LANG": "C.UTF-8",
    },
)


def system_recipe(packages: tuple[str, ...] = ()) -> SystemRecipe:
    return SystemRecipe(
        packages=tuple(sorted({*_PACKAGES, *packages})),
        accounts=(Account("airflow", UID, 0, HOME),),
        folders=tuple(Folder(path, UID, 0, 0o775) for path in _FOLDERS),
        python_folders=("usr/lib/python3", "usr/lib/python3.11"),
    )


def container_recipe(request: AirflowImageRequest) -> ContainerRecipe:
    """The same image for an engine."""
    modules = {**pods_files(), **start_up_files()}
    return ContainerRecipe("airflow", system_recipe(request.packages), RUN_SETTINGS, request.builder, modules)


def airflow_lock(request: AirflowImageRequest, cache: Path, uv: Path, emit: Emit) -> Path:
    """The Python packages alone; resolved where no lock answers the request. Raises ImageError, LockError."""
    store = ImageStore(cache)
    title = "Resolve the packages of the Airflow image"
    with step(emit, "image.lock", title) as progress, store.building("lock", progress) as work:
        return ensure_lock(request, store, uv, work)


def airflow_packages(request: AirflowImageRequest, cache: Path) -> frozenset[str] | None:
    """Names of the image's Python packages, in small letters with hyphens; None where nobody resolved them yet."""
    return locked_packages(request, ImageStore(cache))


def image_key(request: AirflowImageRequest) -> str:
    """A hash of everything that decides what is in the image; the same on every machine of a kind."""
    locks = b"".join(lock.read_bytes() for lock in shipped_locks(request))
    inputs = {
        "format": FORMAT,
        "system": system_recipe(request.packages).key,
        "version": request.version,
        "extras": request.extras,
        "requirements": request.requirements,
        "lock": hashlib.sha256(locks).hexdigest() if locks else None,
        "pods": pods_digest(),
        "settings": repr(RUN_SETTINGS),
        **request.builder.inputs,
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def plan_airflow_image(request: AirflowImageRequest, cache: Path) -> ImagePlan:
    """What `ensure_airflow_image` would do; reads the cache, builds nothing."""
    return plan_image(ImageStore(cache), "airflow", request.version, image_key(request))


def ensure_airflow_image(
    request: AirflowImageRequest, cache: Path, uv: Path, emit: Emit, *, refresh: bool = False
) -> BuiltImage:
    """The image out of the cache, or built: about a minute, and root.

    `refresh` builds it anew from today's Debian packages and, where no lock answers the request,
    today's Python packages. Raises ImageError, LockError.
    """
    store = ImageStore(cache)

    def build(work: Path, progress: Progress) -> Contents:
        # First, because it fails soonest: nobody waits for a system to hear that a requirement is wrong.
        progress.say("resolving Python packages")
        lock = ensure_lock(request, store, uv, work, refresh=refresh)
        if not request.builder.is_own:
            return build_by_engine(container_recipe(request), lock, uv, store, work, progress, refresh=refresh)
        recipe = system_recipe(request.packages)
        system = ensure_system_layer(recipe, store, work, progress, refresh=refresh)
        environment = ensure_environment_layer(lock, system, store, work, uv, progress)
        return contents((system, environment, ensure_pods_layer(system, store, work)), RUN_SETTINGS)

    return ensure_image(
        lambda: plan_airflow_image(request, cache),
        store,
        build,
        require=requirement_of(request.builder),
        needed_mb=_NEEDED_MB,
        title=f"Build the Airflow {request.version} image",
        refresh=refresh,
        emit=emit,
    )
