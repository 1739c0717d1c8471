"""What is asked of an image and what comes of it: frozen plain values, checked when they are made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from airstrip.errors import ImageError
from airstrip.images.builder import OWN, Builder
from airstrip.redaction import without_credentials

_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc)[0-9]+)?")
_EXTRA = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_PINNED = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class AirflowImageRequest:
    """Everything that decides what is in the Airflow image.

    `extras` are extras of apache-airflow, `requirements` PEP 508 lines, `packages` Debian package
    names. Order, repetition and spelling (`cncf.kubernetes`) do not matter: equal needs are equal
    values. Raises ImageError for what uv or apt would take for something else.
    """

    version: str
    extras: tuple[str, ...]
    requirements: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    builder: Builder = OWN

    def __post_init__(self) -> None:
        extras = {re.sub(r"[._-]+", "-", extra.strip().lower()) for extra in self.extras}
        object.__setattr__(self, "extras", tuple(sorted(extras)))
        object.__setattr__(self, "requirements", tuple(sorted({line.strip() for line in self.requirements})))
        object.__setattr__(self, "packages", tuple(sorted(set(self.packages))))
        _check(self)


def _check(request: AirflowImageRequest) -> None:
    if not _VERSION.fullmatch(request.version):
        raise ImageError(
            "image.version",
            f"{request.version!r} is not a version of Airflow",
            fix="Write a whole version such as 3.3.2 under airflow.version.",
        )
    for extra in request.extras:
        if not _EXTRA.fullmatch(extra):
            raise ImageError(
                "image.extra",
                f"{extra!r} is not the name of an extra",
                fix="Write names such as cncf-kubernetes or amazon under airflow.extras.",
            )
    check_packages(request.packages, "image.packages")
    check_requirements(request.requirements, "image.requirements")


def check_packages(packages: Sequence[str], place: str) -> None:
    """Raises ImageError for what apt would take for something else; `place` is where the names stand."""
    for package in packages:
        if not _PACKAGE.fullmatch(package):
            raise ImageError(
                "image.package-name",
                f"{package!r} is not the name of a Debian package",
                fix=f"Write names such as libaio1 under {place}, without versions or options.",
            )


def check_requirements(requirements: Sequence[str], place: str) -> None:
    """Raises ImageError for what uv would take for something else; `place` is where the lines stand."""
    for line in requirements:
        if not line or line.startswith(("-", ".", "/")) or not line.isprintable():
            raise ImageError(
                "image.requirement",
                f"{without_credentials(line)!r} is not a requirement",
                cause="Options and local paths mean nothing to whoever builds this image elsewhere.",
                fix=f"Write requirements such as pandas>=2 under {place}; set a package index "
                "in uv's own configuration.",
            )


@dataclass(frozen=True)
class BuiltImage:
    """An image that we built. `digest` is the manifest's, `layout` its OCI layout's folder."""

    reference: str
    digest: str
    layout: Path

    @property
    def pinned(self) -> str:
        """The name by digest, as pods ask for it: `localhost/airstrip/airflow@sha256:...`."""
        return f"{self.reference.rpartition(':')[0]}@{self.digest}"


@dataclass(frozen=True)
class ReadyImage:
    """An image that somebody else built, named by digest. Raises ImageError without one."""

    reference: str

    def __post_init__(self) -> None:
        if not _PINNED.fullmatch(self.reference):
            raise ImageError(
                "image.no-digest",
                f"image.ref {self.reference!r} does not name a digest",
                cause="A tag can mean another image tomorrow; a deployment names one image for good.",
                fix="Write NAME@sha256:DIGEST: `skopeo inspect docker://NAME:TAG` prints the digest.",
            )

    @property
    def digest(self) -> str:
        return self.reference.rpartition("@")[2]

    @property
    def pinned(self) -> str:
        return self.reference


@dataclass(frozen=True)
class ImagePlan:
    """What `ensure_...` would do now: nothing where `cached`, else a build.

    `reference` and the layout's place are known before the build, `digest` only after it.
    """

    reference: str
    layout: Path
    digest: str | None

    @property
    def cached(self) -> bool:
        return self.digest is not None

    @property
    def image(self) -> BuiltImage | None:
        return BuiltImage(self.reference, self.digest, self.layout) if self.digest else None

    @property
    def name(self) -> str:
        """The last word of the reference: `airflow`."""
        return self.reference.rpartition("/")[2].partition(":")[0]
