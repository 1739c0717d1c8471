"""Each folder: a file, a place, and every object that the two compile to, as `up` applies them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from airstrip.manifests import (
    Images,
    Stage,
    build_git_secrets,
    build_manifests,
    build_url_secret,
    format_document,
    git_references,
)
from airstrip.platform import Platform
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/spec.yaml"))
IMAGES = Images(
    "localhost/airstrip/airflow@sha256:" + "a" * 64,
    "localhost/airstrip/postgresql@sha256:" + "b" * 64,
)
WITH_DAGS = "localhost/airstrip/airflow-dags@sha256:" + "c" * 64
URL = "postgresql+psycopg2://airflow:value@host.internal:5433/airflow"
CHECKSUMS = {
    "airflow-admin": "1111111111111111",
    "airflow-cli": "2222222222222222",
    "airflow-database": "3333333333333333",
    "airflow-keys": "4444444444444444",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_manifests(case: Path, golden: Callable[[Path, str], None]) -> None:
    spec = load_spec(case / "spec.yaml", TARGET_SPECS)
    platform = TypeAdapter(Platform).validate_json((case / "platform.json").read_text())
    # As `up` has it, with values that nobody reads: Secrets of the cluster are never printed.
    secrets = build_git_secrets(spec, {key: f"value of {key}" for key in git_references(spec)})
    images = replace(IMAGES, dags=WITH_DAGS) if spec.dags.baked else IMAGES
    url_secret = build_url_secret(spec, URL) if spec.database.url else None
    manifests = build_manifests(spec, platform, images, CHECKSUMS, git_secrets=secrets, url_secret=url_secret)
    golden(case / "manifests.yaml", "".join(text(stage) for stage in manifests.stages))


def text(stage: Stage) -> str:
    """A heading, then one YAML document for each object."""
    return f"# Stage: {stage.name}\n" + "".join(f"---\n{format_document(item)}" for item in stage.objects)
