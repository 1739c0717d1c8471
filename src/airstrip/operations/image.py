"""Builds what the deployment runs from, or takes the ready image, and brings it to the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from airstrip import images
from airstrip.answers import KeptData
from airstrip.dags import entries
from airstrip.errors import UsageError
from airstrip.events import Emit
from airstrip.images import DAGS_IMAGE, AirflowImageRequest, BuiltImage, DagsRequest, ImagePlan, ReadyImage
from airstrip.manifests import Images
from airstrip.operations.dags_sendable import require_sendable
from airstrip.operations.image_delivery import deliver, name_in
from airstrip.operations.task_images import builder_of, load_own, own_plans
from airstrip.operations.uv import find_uv
from airstrip.paths import cache_dir
from airstrip.result import Result
from airstrip.spec import Spec
from airstrip.targets.target import Target

_GIT_EXTRAS = ("git",)
_GIT_PACKAGES = ("git", "openssh-client")


@dataclass(frozen=True)
class LandedImages(Images):
    """`names` are those that `plan_images` knows before a build: of what was built, whatever is in the folder now."""

    names: Mapping[str, str] = field(default_factory=dict)


def ensure_images(
    spec: Spec, target: Target, emit: Emit, files: Path | None = None, registry: str | None = None
) -> LandedImages:
    """References of Airflow's image and, where the database is ours, PostgreSQL's, by digest, there for the nodes.

    `files` are a copy of the DAGs that stands still; `registry` is where the nodes pull from, if they do.
    """
    with images.images_in_use(cache_dir()):
        built = ensure_built(spec, emit, refresh=False, files=files)
        pinned = {name: deliver(image, registry, target, emit) for name, image in built.items()}
        load_own(spec, target, emit)
    if spec.image.ref:
        pinned["airflow"] = ReadyImage(spec.image.ref).pinned
    found = _references(pinned)
    names = {name_in(registry, image.reference): pinned[name] for name, image in built.items()}
    return LandedImages(found.airflow, found.postgresql, found.dags, names)


def _references(pinned: Mapping[str, str]) -> Images:
    return Images(pinned["airflow"], pinned.get("postgresql", ""), pinned.get(DAGS_IMAGE, ""))


@dataclass(frozen=True)
class PlannedImages:
    """What is to be built. `expected` has digests, and of what is to be built its name alone."""

    commands: tuple[str, ...]
    expected: Images

    @property
    def references(self) -> Images | None:
        """Where all digests are known."""
        return None if self.commands else self.expected


def plan_images(
    spec: Spec, landed: Mapping[str, str], files: Path | None = None, registry: str | None = None
) -> PlannedImages:
    """From the cache, or from `landed`: references by digest by the name that an image has before it is built.

    `files` and `registry` as of `ensure_images`.
    """
    commands = []
    pinned = {}
    for plan in _plans(spec, files):
        name = name_in(registry, plan.reference)
        known = name_in(registry, plan.image.pinned) if plan.image else landed.get(name)
        if known is None:
            commands.append(_command(spec, plan))
        pinned[plan.name] = known or name
    if spec.image.ref is not None:
        pinned["airflow"] = ReadyImage(spec.image.ref).pinned
    return PlannedImages(tuple(commands), _references(pinned))


def _command(spec: Spec, plan: ImagePlan) -> str:
    if plan.name == DAGS_IMAGE:
        return f"add the DAGs of {spec.dags.baked} to the image: {plan.reference}"
    return f"build the image {plan.reference}"


def _plans(spec: Spec, files: Path | None = None) -> list[ImagePlan]:
    plans = [] if spec.database.url else [images.plan_postgresql_image(cache_dir())]
    if spec.image.ref is None:
        plans.append(images.plan_airflow_image(airflow_request(spec), cache_dir()))
        if (dags := baked_dags(spec, files)) is not None:
            plans.append(images.plan_dags_image(plans[-1], dags, cache_dir()))
    return plans


def check_baked_dags(spec: Spec) -> None:
    """Raises what keeps the folder of DAGs from becoming a part of the image."""
    baked_dags(spec)


def baked_dags(spec: Spec, files: Path | None = None) -> DagsRequest | None:
    """The folder that becomes a part of the image, or `files`, its copy. Raises UsageError where there is none."""
    folder = spec.dags.baked
    if folder is None:
        return None
    if not folder.is_dir():
        raise UsageError(
            "dags.no-folder",
            f"dags.image.path is not a folder: {folder}",
            cause="It does not exist." if not folder.exists() else "It is a file.",
            fix=f"Make it: mkdir -p '{folder}'; or correct dags.image.path in the file.",
        )
    read = files or folder
    require_sendable(read, folder)
    return DagsRequest(read, tuple(str(path.relative_to(read)) for path in entries(read)), folder)


def prune_images(spec: Spec, emit: Emit) -> Result[KeptData]:
    """Empties the cache of images but those that the deployment is landed from today, of environments but its own."""
    plans = [*_plans(spec), *own_plans(spec)]
    kept = [plan.image for plan in plans if plan.image is not None]
    own = None if spec.image.ref else images.find_virtual_environment(airflow_request(spec), cache_dir())
    images.prune_images(cache_dir(), plans, emit, own)
    return Result("image prune", {"kept": [image.pinned for image in kept]})


def ensure_built(spec: Spec, emit: Emit, *, refresh: bool, files: Path | None = None) -> dict[str, BuiltImage]:
    """By name. Airflow's is not among them where the file names a ready one, nor PostgreSQL's where a database."""
    built = {}
    if not spec.database.url:
        built["postgresql"] = images.ensure_postgresql_image(cache_dir(), emit, refresh=refresh)
    if spec.image.ref is None:
        request = airflow_request(spec)
        built["airflow"] = images.ensure_airflow_image(request, cache_dir(), find_uv(), emit, refresh=refresh)
        if (dags := baked_dags(spec, files)) is not None:
            built[DAGS_IMAGE] = images.ensure_dags_image(built["airflow"], dags, cache_dir(), emit)
    return built


def airflow_request(spec: Spec) -> AirflowImageRequest:
    """What the file asks for, and what its DAGs' way needs: without git, nobody carries it."""
    from_git = bool(spec.dags.git)
    return AirflowImageRequest(
        version=spec.airflow.version,
        extras=(*spec.airflow.extras, *(_GIT_EXTRAS if from_git else ())),
        requirements=spec.image.requirements,
        packages=(*spec.image.packages, *(_GIT_PACKAGES if from_git else ())),
        builder=builder_of(spec),
    )
