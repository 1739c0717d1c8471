"""An environment.yml as a value, checked when it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from airstrip.errors import ImageError
from airstrip.redaction import without_credentials

NAMES = ("environment.yml", "environment.yaml")
LOCK = "environment.lock"

# A user, or conda's own form of a token.
_CREDENTIALS = re.compile(r"://\S*(?:@|/t/)")
_LOCKED_URL = re.compile(r"^[-\s]*(?:conda|url): (.*)", re.MULTILINE)


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
    """Raises ImageError for what is wrong with it, for packages of pip in it, and for credentials."""
    written = _written(file)
    for number, channel in enumerate(written.channels, 1):
        _require_no_credentials(channel, f"channel {number} of {file}")
    specs = [each for each in written.dependencies if isinstance(each, str)]
    if len(specs) != len(written.dependencies):
        raise ImageError(
            "image.conda-pip",
            f"{file} has packages of pip in it",
            cause="They would be of no lock: conda's packages have none of what pip's need.",
            fix="Name them by what they are called in conda's channels, or make a requirements.txt of all of them.",
        )
    for spec in specs:
        _require_no_credentials(spec, f"a dependency of {file}")
    # conda's word for what holds here anyway: no other channels than those that are named.
    channels = tuple(channel for channel in written.channels if channel != "nodefaults")
    if not channels:
        raise _bad(file, "it names no channels")
    return CondaEnvironment(file, channels, tuple(sorted(set(specs))))


def check_locked(lock: Path) -> None:
    """Raises ImageError for credentials in a lock's URLs: of what stands there, the image's records are made."""
    for found in _LOCKED_URL.finditer(lock.read_text(encoding="utf-8")):
        _require_no_credentials(found[1], f"a URL of {lock}")


def _require_no_credentials(text: str, place: str) -> None:
    if _CREDENTIALS.search(text):
        raise ImageError(
            "image.conda-credentials",
            f"a password or a token stands in {place}",
            cause="It would stand in the lock and in the image, which others read.",
            fix="Remove it there, and change it if it was shared. Let rattler find it by the channel's host: in "
            "~/.rattler/credentials.json of who runs this, or in the file that RATTLER_AUTH_FILE names.",
        )


def _written(file: Path) -> _Written:
    try:
        return _Written.model_validate(YAML(typ="safe").load(file.read_text(encoding="utf-8")) or {})
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}" for each in error.errors())
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        said = without_credentials(" ".join(str(error).split()))
    raise _bad(file, said)


def _bad(file: Path, said: str) -> ImageError:
    return ImageError(
        "image.bad-environment",
        f"{file} does not describe a conda environment: {said}",
        fix="It has two lists, such as channels: [conda-forge], dependencies: [python=3.12, pandas].",
    )
