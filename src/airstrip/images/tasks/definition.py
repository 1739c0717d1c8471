"""A task image's folder as a value, checked when it is read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from airstrip.errors import ImageError
from airstrip.images.conda import environment
from airstrip.images.conda.environment import CondaEnvironment, find_environment, read_environment
from airstrip.images.request import check_packages, check_requirements

DEFINITION = "image.yaml"
REQUIREMENTS = "requirements.txt"
LOCK = "requirements.lock"
CHECK = "check.py"

Source = Literal["own", "library"]

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_MAX_NAME = 50
_COMMENT = re.compile(r"(^|\s)#.*$")


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    description: str = ""
    packages: list[str] = []


@dataclass(frozen=True)
class TaskImage:
    """`packages` are Debian's, `requirements` Python's, without comments. `own` shadows the library's of its name."""

    name: str
    folder: Path
    source: Source
    description: str
    packages: tuple[str, ...]
    requirements: tuple[str, ...]
    conda: CondaEnvironment | None = None

    @property
    def lock(self) -> Path:
        return self.folder / (environment.LOCK if self.conda else LOCK)

    @property
    def check(self) -> Path:
        return self.folder / CHECK

    @property
    def lock_head(self) -> str:
        """The first line of the lock that answers these requirements."""
        wanted, name = self.requirements, REQUIREMENTS
        if self.conda:
            wanted, name = (*self.conda.channels, "", *self.conda.specs), self.conda.file.name
        return f"# {name} {hashlib.sha256(chr(10).join(wanted).encode()).hexdigest()[:32]}"

    @property
    def is_locked(self) -> bool:
        """Whether the lock is there, and of these requirements."""
        try:
            with self.lock.open(encoding="utf-8") as file:
                return file.readline().rstrip("\n") == self.lock_head
        except FileNotFoundError:
            return False


def check_name(name: str) -> str:
    """The name itself. Raises ImageError for what cannot be part of an image's reference, or of a pod's name."""
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise ImageError(
            "image.bad-name",
            f"{name!r} cannot be an image's name",
            fix=f"At most {_MAX_NAME} lower-case letters, digits and hyphens, as in pandas-sales.",
        )
    return name


def is_definition(folder: Path) -> bool:
    """Whether this folder is meant as a task image: other folders may lie beside it."""
    return any((folder / name).is_file() for name in (DEFINITION, *environment.NAMES))


def read_task_image(folder: Path, source: Source) -> TaskImage:
    """Raises ImageError for what is wrong with the folder's name, its definition or its requirements."""
    name = check_name(folder.name)
    conda = _conda(folder)
    written = _definition(folder / DEFINITION)
    packages = tuple(sorted(set(written.packages)))
    check_packages(packages, f"packages in {folder / DEFINITION}")
    requirements = () if conda else _requirements(folder / REQUIREMENTS)
    if not (folder / CHECK).is_file():
        raise ImageError(
            "image.no-check",
            f"the image {name} has no check: {folder / CHECK} is missing",
            cause="It is what proves that the image works where tasks run.",
            fix="Write a program that imports what the image is for, and fails where that does not work.",
        )
    return TaskImage(name, folder, source, written.description, packages, requirements, conda)


def _conda(folder: Path) -> CondaEnvironment | None:
    """Conda's packages instead of the index's: an image has one Python with what belongs to it."""
    file = find_environment(folder)
    if file is None:
        return None
    if (folder / REQUIREMENTS).exists():
        raise ImageError(
            "image.two-environments",
            f"{folder} has both {REQUIREMENTS} and {file.name}",
            cause="An image has one environment: packages of conda's channels, or of the Python package index.",
            fix="Remove one of them.",
        )
    return read_environment(file)


def _definition(file: Path) -> _Written:
    try:
        return _Written.model_validate(YAML(typ="safe").load(file.read_text(encoding="utf-8")) or {})
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}" for each in error.errors())
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        said = " ".join(str(error).split())
    raise ImageError(
        "image.bad-definition",
        f"{file} does not describe an image: {said}",
        fix="It may have `description`, a text, and `packages`, a list of Debian packages.",
    )


def _requirements(file: Path) -> tuple[str, ...]:
    """Sorted, without comments: neither changes what is installed."""
    try:
        lines = [_COMMENT.sub("", line).strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ImageError(
            "image.no-requirements",
            f"{file} cannot be read: {error}",
            cause="A task image has its Python packages from there.",
            fix="Write one requirement in a line, such as pandas>=2,<3; the file may be empty.",
        ) from error
    requirements = tuple(sorted({line for line in lines if line}))
    check_requirements(requirements, str(file))
    return requirements
