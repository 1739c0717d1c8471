"""Builds what the deployment runs from, or takes the ready image, and brings it to the place."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from airstrip.errors import ImageError
from airstrip.events import Emit
from airstrip.images import AirflowImageRequest, ReadyImage, ensure_airflow_image, ensure_postgresql_image
from airstrip.manifests import Images
from airstrip.paths import cache_dir
from airstrip.spec import Spec
from airstrip.targets.target import Target


def ensure_images(spec: Spec, target: Target, emit: Emit) -> Images:
    """References of Airflow's and PostgreSQL's images, both there for the cluster's nodes."""
    postgresql = ensure_postgresql_image(cache_dir(), emit)
    target.load_image(postgresql.layout, postgresql.pinned, emit)
    if spec.image.ref is not None:
        return Images(ReadyImage(spec.image.ref).pinned, postgresql.pinned)
    airflow = ensure_airflow_image(airflow_request(spec), cache_dir(), find_uv(), emit)
    target.load_image(airflow.layout, airflow.pinned, emit)
    return Images(airflow.pinned, postgresql.pinned)


def airflow_request(spec: Spec) -> AirflowImageRequest:
    return AirflowImageRequest(
        version=spec.airflow.version,
        extras=spec.airflow.extras,
        requirements=spec.image.requirements,
        packages=spec.image.packages,
    )


def find_uv() -> Path:
    """The uv that the launcher found, else the one on PATH."""
    found = os.environ.get("AIRSTRIP_UV") or shutil.which("uv")
    if not found:
        raise ImageError(
            "image.no-uv",
            "uv is not here, and the image's packages are installed with it",
            fix="Start Airstrip by its launcher ./airstrip, or install uv: pip install uv",
        )
    return Path(found)
