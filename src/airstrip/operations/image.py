"""Builds what the deployment runs from, or takes the ready image, and brings it to the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from airstrip import images
from airstrip.answers import KeptData
from airstrip.events import Emit
from airstrip.images import AirflowImageRequest, BuiltImage, ImagePlan, ReadyImage
from airstrip.manifests import Images
from airstrip.operations.task_images import load_own, own_plans
from airstrip.operations.uv import find_uv
from airstrip.paths import cache_dir
from airstrip.result import Result
from airstrip.spec import Spec
from airstrip.targets.target import Target

_GIT_EXTRAS = ("git",)
_GIT_PACKAGES = ("git", "openssh-client")


def ensure_images(spec: Spec, target: Target, emit: Emit) -> Images:
    """References of Airflow's and PostgreSQL's images by digest, both there for the cluster's nodes."""
    with images.images_in_use(cache_dir()):
        built = ensure_built(spec, emit, refresh=False)
        for image in built.values():
            target.load_image(image.layout, image.pinned, emit)
        load_own(spec, target, emit)
    airflow = ReadyImage(spec.image.ref) if spec.image.ref else built["airflow"]
    return Images(airflow.pinned, built["postgresql"].pinned)


@dataclass(frozen=True)
class PlannedImages:
    """What is to be built; the references where all digests are known."""

    commands: tuple[str, ...]
    references: Images | None


def plan_images(spec: Spec, landed: Mapping[str, str]) -> PlannedImages:
    """From the cache, or from `landed`: references by digest by the name that an image has before it is built."""
    commands = []
    pinned = {}
    for plan in _plans(spec):
        known = plan.image.pinned if plan.image else landed.get(plan.reference)
        if known is None:
            commands.append(f"build the image {plan.reference}")
        else:
            pinned[plan.name] = known
    if spec.image.ref is not None:
        pinned["airflow"] = ReadyImage(spec.image.ref).pinned
    known_all = {"airflow", "postgresql"} <= pinned.keys()
    return PlannedImages(tuple(commands), Images(pinned["airflow"], pinned["postgresql"]) if known_all else None)


def built_names(spec: Spec, images: Images) -> dict[str, str]:
    """The references by digest, by the names that `plan_images` knows before a build."""
    pinned = {"airflow": images.airflow, "postgresql": images.postgresql}
    return {plan.reference: pinned[plan.name] for plan in _plans(spec)}


def _plans(spec: Spec) -> list[ImagePlan]:
    plans = [images.plan_postgresql_image(cache_dir())]
    if spec.image.ref is None:
        plans.append(images.plan_airflow_image(airflow_request(spec), cache_dir()))
    return plans


def prune_images(spec: Spec, emit: Emit) -> Result[KeptData]:
    """Empties the cache of images but those that the deployment is landed from today, of environments but its own."""
    plans = [*_plans(spec), *own_plans(spec)]
    kept = [plan.image for plan in plans if plan.image is not None]
    own = None if spec.image.ref else images.find_virtual_environment(airflow_request(spec), cache_dir())
    images.prune_images(cache_dir(), plans, emit, own)
    return Result("image prune", {"kept": [image.pinned for image in kept]})


def ensure_built(spec: Spec, emit: Emit, *, refresh: bool) -> dict[str, BuiltImage]:
    """By name. Airflow's is not among them where the file names a ready one."""
    built = {"postgresql": images.ensure_postgresql_image(cache_dir(), emit, refresh=refresh)}
    if spec.image.ref is None:
        request = airflow_request(spec)
        built["airflow"] = images.ensure_airflow_image(request, cache_dir(), find_uv(), emit, refresh=refresh)
    return built


def airflow_request(spec: Spec) -> AirflowImageRequest:
    """What the file asks for, and what its DAGs' way needs: without git, nobody carries it."""
    from_git = bool(spec.dags.git)
    return AirflowImageRequest(
        version=spec.airflow.version,
        extras=(*spec.airflow.extras, *(_GIT_EXTRAS if from_git else ())),
        requirements=spec.image.requirements,
        packages=(*spec.image.packages, *(_GIT_PACKAGES if from_git else ())),
    )
