"""The task images that there are: users' own, and the library that ships. Copying from one to the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from airstrip.errors import ImageError, UsageError, not_written
from airstrip.images.conda.environment import LOCK as CONDA_LOCK
from airstrip.images.conda.environment import NAMES as CONDA_NAMES
from airstrip.images.tasks.definition import (
    CHECK,
    DEFINITION,
    LOCK,
    REQUIREMENTS,
    Source,
    TaskImage,
    check_name,
    is_definition,
    read_task_image,
)

LIBRARY = Path(__file__).parents[1] / "library"


def own_images(folder: Path, skip: Callable[[ImageError], None] | None = None) -> list[TaskImage]:
    """Those in `folder`, which need not be there. Raises ImageError for one that is wrong; with `skip`, tells that."""
    found = []
    for path in _folders(folder):
        try:
            found.append(read_task_image(path, "own"))
        except ImageError as error:
            if skip is None:
                raise
            skip(error)
    return found


def task_images(folder: Path) -> list[TaskImage]:
    """Own ones, then those of the library that none of them shadows."""
    own = own_images(folder)
    named = {image.name for image in own}
    return own + [read_task_image(path, "library") for path in _folders(LIBRARY) if path.name not in named]


def find_task_image(name: str, folder: Path) -> TaskImage:
    """The own one of this name, else the library's. Raises ImageError where there is neither."""
    places: tuple[tuple[Path, Source], ...] = ((folder, "own"), (LIBRARY, "library"))
    for parent, source in places:
        if check_name(name) in {path.name for path in _folders(parent)}:
            return read_task_image(parent / name, source)
    known = sorted({path.name for parent in (folder, LIBRARY) for path in _folders(parent)})
    raise ImageError(
        "image.unknown",
        f"there is no task image {name}",
        cause=f"Known are: {', '.join(known)}. Your own are folders of {folder} with an {DEFINITION}.",
        fix=f"Correct the name, or: ./airstrip image new {name}",
    )


def copy_task_image(name: str, origin: TaskImage, folder: Path) -> list[Path]:
    """Writes `folder`/NAME from another image, and returns its files. Overwrites nothing."""
    destination = folder / check_name(name)
    if destination.exists():
        raise UsageError("image.exists", f"{destination} is there already", fix="Remove it, or take another name.")
    names = [
        each
        for each in (DEFINITION, REQUIREMENTS, LOCK, *CONDA_NAMES, CONDA_LOCK, CHECK)
        if (origin.folder / each).is_file()
    ]
    try:
        destination.mkdir(parents=True)
        for each in names:
            shutil.copyfile(origin.folder / each, destination / each)
    except OSError as error:
        raise not_written(error) from error
    return [destination / each for each in names]


def _folders(parent: Path) -> list[Path]:
    found = sorted(parent.iterdir()) if parent.is_dir() else []
    return [path for path in found if path.is_dir() and is_definition(path)]
