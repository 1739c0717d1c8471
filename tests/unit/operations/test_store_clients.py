"""What is said of an image that cannot read where a project's data is."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.images.lock import requirements_key
from airstrip.images.store import ImageStore
from airstrip.operations.image import airflow_request
from airstrip.operations.store_clients import absent_clients
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS

PROJECTS = "projects: {sales: {data: s3://b/sales}, maps: {data: gs://b}, rides: {data: oci://b@n}, plain: {}}"
READY = f"image: {{ref: example.com/airflow@sha256:{'0' * 64}}}"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", str(tmp_path / "cache"))


def load(folder: Path, more: str = "") -> Spec:
    (folder / "airstrip.yaml").write_text(f"apiVersion: airstrip/v1\nname: mine\n{PROJECTS}\n{more}\n")
    return load_spec(folder / "airstrip.yaml", TARGET_SPECS)


def keep_lock(spec: Spec, folder: Path, *names: str) -> None:
    """As a build, or a resolution before one, leaves it."""
    store = ImageStore(folder / "cache")
    store.root.mkdir(parents=True)
    lock = folder / "lock"
    lock.write_text("".join(f"{name}==1.0 \\\n    --hash=sha256:00\n" for name in names))
    store.keep_lock(requirements_key(airflow_request(spec)), lock)


def absent(spec: Spec) -> list[str]:
    return [f"{each.code} {each.symptom.split()[4]}" for each in absent_clients(spec, spec.projects)]


@pytest.mark.parametrize("more", ["", "dags: {git: {repo: https://git.example.com/dags.git}}"], ids=["alone", "git"])
def test_the_lock_that_ships_has_no_client(tmp_path: Path, more: str) -> None:
    spec = load(tmp_path, more)
    assert absent(spec) == [f"project.store-client-absent {client}," for client in ("s3fs", "gcsfs", "ocifs")]
    (sales, _, _) = absent_clients(spec, spec.projects)
    assert sales.symptom == "Airflow's image has no s3fs, by which tasks of the project sales reach s3://b/sales"
    assert sales.fix.startswith("Add s3fs to image.requirements")


def test_what_requirements_or_an_extra_bring_is_there(tmp_path: Path) -> None:
    """By whatever way it came, and however its name is written."""
    spec = load(tmp_path, "image: {requirements: [S3FS]}\nairflow: {extras: [google]}")
    assert absent(spec) == [], "nobody knows what comes of it"
    keep_lock(spec, tmp_path, "S3fs", "gcsfs", "s3fs-more")
    assert absent(spec) == ["project.store-client-absent ocifs,"]


def test_nothing_is_said_of_a_ready_image_nor_without_such_data(tmp_path: Path) -> None:
    assert absent(load(tmp_path, READY)) == []
    spec = load(tmp_path)
    assert absent_clients(spec, {"plain": spec.projects["plain"]}) == []
