"""A build by an engine, from the lock to layers in our store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from airstrip.errors import UsageError, not_written
from airstrip.events import Progress
from airstrip.images.builder import Builder
from airstrip.images.containerfile.archive import read_archive
from airstrip.images.containerfile.context import write_context
from airstrip.images.containerfile.engine import Engine
from airstrip.images.containerfile.recipe import ContainerRecipe
from airstrip.images.containerfile.settings import write_secrets
from airstrip.images.contents import Contents
from airstrip.images.environment import VENV
from airstrip.images.store import ImageStore
from airstrip.images.system import ensure_system_layer


def requirement_of(builder: Builder) -> Callable[[], object] | None:
    """What raises where this builder cannot build; None for our own."""
    return None if builder.is_own else Engine(builder.name).require


def build_by_engine(
    recipe: ContainerRecipe, lock: Path, uv: Path, store: ImageStore, work: Path, progress: Progress, *, refresh: bool
) -> Contents:
    """The image as the engine made it. Our own system needs root where it is not in the cache yet; a base does not.

    `refresh` asks for today's base and today's packages of Debian. Raises ImageError.
    """
    engine = Engine(recipe.builder.name)
    if recipe.builder.base is None:
        _bring_system(engine, recipe, store, work, progress, refresh=refresh)
    context = work / "context"
    # The lock may name a URL with a password, as a requirement has it.
    context.mkdir(mode=0o700)
    write_context(recipe, lock, uv, context)
    progress.say(f"building with {engine.name}")
    again = ("--no-cache", *(("--pull",) if recipe.builder.base else ())) if refresh else ()
    # The name is for whoever runs it there, and may be of another build by the time that it is saved.
    name = f"localhost/airstrip/built/{recipe.name}:latest"
    secrets = work / "secrets"
    try:
        image = engine.build(context, name, write_secrets(secrets, os.environ), again, progress)
    finally:
        # What follows takes minutes, and may be killed.
        shutil.rmtree(secrets, ignore_errors=True)
    progress.say(f"taking the image from {engine.name}")
    archive = work / "saved.tar"
    engine.save(image, archive)
    return read_archive(archive, (VENV, *(path.lstrip("/") for path in recipe.files)), store, work)


def write_build_context(recipe: ContainerRecipe, lock: Path, uv: Path, folder: Path) -> list[Path]:
    """The folder to build from elsewhere, made or empty: the Containerfile and all that it copies. Returns its files.

    Raises UsageError for a file, and for a folder with something in it.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError("image.exists", f"{folder} is there already", fix="Remove it, or take another name.")
        folder.mkdir(parents=True, exist_ok=True)
        return write_context(recipe, lock, uv, folder)
    except OSError as error:
        raise not_written(error) from error


def _bring_system(
    engine: Engine, recipe: ContainerRecipe, store: ImageStore, work: Path, progress: Progress, *, refresh: bool
) -> None:
    """Only where the engine has another one under its name, or none."""
    system = ensure_system_layer(recipe.system, store, work, progress, refresh=refresh)
    if engine.layers_of(recipe.base) != (system.digest,):
        progress.say(f"bringing the Debian system into {engine.name}")
        engine.import_system(store.blob(system), recipe.base)
