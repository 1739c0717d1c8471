"""The images of the built-in deployment, in the cache that the cluster tests use too, at the same time."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airstrip.events import discard
from airstrip.images import AirflowImageRequest, BuiltImage, ensure_airflow_image, ensure_postgresql_image
from airstrip.paths import cache_dir
from tests.image.rooted import unpack

REQUEST = AirflowImageRequest("3.3.2", ("cncf-kubernetes", "postgres", "fab"))


@pytest.fixture(scope="session")
def uv() -> Path:
    return Path(os.environ.get("AIRSTRIP_UV") or shutil.which("uv") or "uv")


@pytest.fixture(scope="session")
def airflow_image(uv: Path) -> BuiltImage:
    return ensure_airflow_image(REQUEST, cache_dir(), uv, discard)


@pytest.fixture(scope="session")
def git_root(uv: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The image of a deployment whose DAGs come from git."""
    request = replace(REQUEST, extras=(*REQUEST.extras, "git"), packages=("git", "openssh-client"))
    root = tmp_path_factory.mktemp("git") / "root"
    return root, unpack(ensure_airflow_image(request, cache_dir(), uv, discard), root)


@pytest.fixture(scope="session")
def postgresql_image() -> BuiltImage:
    return ensure_postgresql_image(cache_dir(), discard)


@pytest.fixture(scope="session")
def airflow_root(airflow_image: BuiltImage, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    root = tmp_path_factory.mktemp("airflow") / "root"
    return root, unpack(airflow_image, root)


@pytest.fixture(scope="session")
def postgresql_root(
    postgresql_image: BuiltImage, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    root = tmp_path_factory.mktemp("postgresql") / "root"
    return root, unpack(postgresql_image, root)
