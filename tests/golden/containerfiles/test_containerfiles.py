"""Containerfiles as Docker and Podman get them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from airstrip.images import (
    AirflowImageRequest,
    Builder,
    airflow_container_recipe,
    find_task_image,
    render_containerfile,
    task_container_recipe,
)
from airstrip.images.containerfile.recipe import ContainerRecipe

FOLDER = Path(__file__).parent


def text(recipe: ContainerRecipe) -> str:
    """The key of the system says the machine's architecture too."""
    return render_containerfile(recipe).replace(recipe.system.key.rpartition("-")[2][:12], "KEY")


def test_a_task_image_from_our_own_system(golden: Callable[[Path, str], None]) -> None:
    image = find_task_image("geo-basic", FOLDER / "none")
    golden(FOLDER / "geo-basic.Containerfile", text(task_container_recipe(image, Builder("docker"))))


def test_a_task_image_from_the_user_s_base(golden: Callable[[Path, str], None]) -> None:
    recipe = task_container_recipe(find_task_image("python-basic", FOLDER / "none"), Builder("podman", "team/base:1"))
    golden(FOLDER / "python-basic-of-a-base.Containerfile", text(recipe))


def test_airflow_s_image(golden: Callable[[Path, str], None]) -> None:
    request = AirflowImageRequest("3.3.2", ("postgres", "fab"), packages=("libaio1",), builder=Builder("docker"))
    golden(FOLDER / "airflow.Containerfile", text(airflow_container_recipe(request)))
