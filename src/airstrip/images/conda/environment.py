"""An environment.yml as a value, checked when it is read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from airstrip.errors import ImageError

NAMES = ("environment.yml", "environment.yaml")
LOCK = "environment.lock"


class _Written(BaseModel):
    """`name` and `prefix` are of whoever exported it: an image has its own place for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = ""
    prefix: str = ""
    channels: list[str] = []
    dependencies: list[str | dict[str, list[str]]] = []


@dataclass(frozen=True)
class CondaEnvironment:
    """`specs` are as conda matches packages: `pandas>=2`."""

    file: Path
    channels: tuple[str, ...]
    specs: tuple[str, ...]


def find_environment(folder: Path) -> Path | None:
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def read_environment(file: Path) -> CondaEnvironment:
    """Raises ImageError for what is wrong with it, and for packages of pip in it."""
    written = _written(file)
    specs = [each for each in written.dependencies if isinstance(each, str)]
    if len(specs) != len(written.dependencies):
        raise ImageError(
            "image.conda-pip",
            f"{file} has packages of pip in it",
            cause="They would be of no lock: conda's packages have none of what pip's need.",
            fix="Name them by what they are called in conda's channels, or make a requirements.txt of all of them.",
        )
    # conda's word for what holds here anyway: no other channels than those that are named.
    channels = tuple(channel for channel in written.channels if channel != "nodefaults")
    if not channels:
        raise _bad(file, "it names no channels")
    return CondaEnvironment(file, channels, tuple(sorted(set(specs))))


def _written(file: Path) -> _Written:
    try:
        return _Written.model_validate(YAML(typ="safe").load(file.read_text(encoding="utf-8")) or {})
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}" for each in error.errors())
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        said = " ".join(str(error).split())
    raise _bad(file, said)


def _bad(file: Path, said: str) -> ImageError:
    return ImageError(
        "image.bad-environment",
        f"{file} does not describe a conda environment: {said}",
        fix="It has two lists, such as channels: [conda-forge], dependencies: [python=3.12, pandas].",
    )
