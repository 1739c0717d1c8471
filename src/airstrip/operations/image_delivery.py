"""Brings a built image to where a cluster's nodes find it: into the place itself, or into a registry."""

from __future__ import annotations

from airstrip import images
from airstrip.events import Emit
from airstrip.images import BuiltImage
from airstrip.paths import cache_dir
from airstrip.targets.target import Target

_LOCAL = "localhost/"


def deliver(image: BuiltImage, registry: str | None, target: Target, emit: Emit) -> str:
    """The name by digest that nodes know it by. Raises ImageError where the registry does not take it."""
    if registry is None:
        target.load_image(image.layout, image.pinned, emit)
        return image.pinned
    where = images.parse_destination(name_in(registry, image.reference))
    # Who pulls names the digest; the tag only keeps the registry from clearing it away.
    pushed = images.push_image(image, where, images.find_login(where.registry), cache_dir(), emit, overwrite=True)
    return pushed.reference


def name_in(registry: str | None, reference: str) -> str:
    """What `localhost/airstrip/airflow:…`, or by digest, is called where nodes find it."""
    return reference if registry is None else f"{registry}/{reference.removeprefix(_LOCAL)}"
