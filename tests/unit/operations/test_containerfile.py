"""Who builds, by the file's word: what counts as built, and the Containerfile that the verb shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import UsageError
from airstrip.events import discard
from airstrip.images import copy_task_image, find_task_image, plan_task_image
from airstrip.images.oci import RunSettings, write_layout
from airstrip.operations import containerfile, list_images
from airstrip.operations.image import airflow_request
from airstrip.operations.task_images import own_plans
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS

DOCKER = "image: {builder: docker, base: 'team/base:1'}\n"
READY = f"image: {{ref: 'team/airflow@sha256:{'a' * 64}', builder: podman}}\n"


def load(folder: Path, image: str) -> Spec:
    file = folder / "airstrip.yaml"
    file.write_text(f"apiVersion: airstrip/v1\nname: here\n{image}")
    return load_spec(file, TARGET_SPECS)


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image of the user's, and a uv to copy."""
    uv = tmp_path / "uv"
    uv.write_text("a program")
    monkeypatch.setenv("AIRSTRIP_UV", str(uv))
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", str(tmp_path / "cache"))
    copy_task_image("sales", find_task_image("python-basic", tmp_path), tmp_path / "images")


def test_another_builder_s_image_is_another_one(tmp_path: Path) -> None:
    plan = plan_task_image(find_task_image("sales", tmp_path / "images"), tmp_path / "cache")
    write_layout(plan.layout, plan.reference, [], RunSettings(user="1:1", working_dir="/", entrypoint=()))
    states = [list_images(load(tmp_path, image)).data["images"][0]["state"] for image in ("", DOCKER)]
    assert states == ["current", "changed"]
    plans = [own_plans(load(tmp_path, image))[0].reference for image in ("", DOCKER, READY)]
    assert plans[0] == plan.reference
    assert len(set(plans)) == 3


def test_the_file_s_word_is_for_airflow_s_image_too(tmp_path: Path) -> None:
    builder = airflow_request(load(tmp_path, DOCKER)).builder
    assert (builder.name, builder.base) == ("docker", "team/base:1")


@pytest.mark.parametrize("name", ["sales", "airflow"])
def test_the_containerfile_is_shown_and_nothing_is_built(tmp_path: Path, name: str) -> None:
    data = containerfile(load(tmp_path, DOCKER), name, None, discard).data
    assert "FROM team/base:1 AS system" in data["containerfile"]
    assert data["written"] == []
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("name", ["sales", "airflow"])
def test_a_folder_gets_all_that_the_build_takes(tmp_path: Path, name: str) -> None:
    written = containerfile(load(tmp_path, DOCKER), name, tmp_path / "out", discard).data["written"]
    assert {str(tmp_path / "out" / each) for each in ("Containerfile", "requirements.lock", "uv")} <= set(written)


def test_a_ready_image_has_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        containerfile(load(tmp_path, READY), "airflow", None, discard)
    assert caught.value.code == "image.is-ready"
    assert "FROM" in containerfile(load(tmp_path, READY), "sales", None, discard).data["containerfile"]
