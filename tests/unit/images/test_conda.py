"""Task images from conda's packages: what is read, what is refused, what is locked."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.images import Builder, copy_task_image, find_task_image, own_images, require_lock, task_container_recipe
from airstrip.images.conda.layer import _forget_this_machine
from airstrip.images.tasks.library import LIBRARY
from tests.unit.images.test_task_images import _PINNED, write


def conda(folder: Path, text: str) -> None:
    path = write(folder)
    (path / "requirements.txt").unlink()
    (path / "environment.yml").write_text(text)


def test_an_environment_of_conda_s_has_a_lock_of_its_own(tmp_path: Path) -> None:
    conda(tmp_path, "name: mine\nchannels: [conda-forge]\ndependencies: [pandas>=2, python=3.12]\n")
    image = find_task_image("sales", tmp_path)
    assert image.conda is not None
    assert image.conda.specs == ("pandas>=2", "python=3.12")
    assert image.lock.name == "environment.lock"
    image.lock.write_text(f"{image.lock_head}\nversion: 7\n")
    assert image.is_locked
    (image.folder / "environment.yml").write_text("channels: [other]\ndependencies: [pandas>=2, python=3.12]\n")
    assert not find_task_image("sales", tmp_path).is_locked
    copied = copy_task_image("more", image, tmp_path)
    assert [path.name for path in copied] == ["image.yaml", "environment.yml", "environment.lock", "check.py"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("channels: [x]\ndependencies: [python, {pip: [pandas]}]", "image.conda-pip"),
        ("dependencies: [pandas]", "image.bad-environment"),
        ("channels: [nodefaults]\ndependencies: [pandas]", "image.bad-environment"),
        ("channels: x", "image.bad-environment"),
        ("channels: [x]\nvariables: {A: b}", "image.bad-environment"),
        ("a: b: c", "image.bad-environment"),
    ],
)
def test_an_environment_that_cannot_be_built_is_refused_with_its_file(tmp_path: Path, text: str, code: str) -> None:
    conda(tmp_path, text)
    with pytest.raises(ImageError) as caught:
        own_images(tmp_path)
    assert caught.value.code == code
    assert str(tmp_path / "sales" / "environment.yml") in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "channels: [conda-forge, 'https://me:hunter2@conda.example.org/team']\ndependencies: [pandas]",
        "channels: ['https://hunter2@conda.example.org/team']\ndependencies: [pandas]",
        "channels: ['https://conda.anaconda.org/t/hunter2/team']\ndependencies: [pandas]",
        "channels: [x]\ndependencies: ['https://conda.example.org/t/hunter2/team::pandas']",
    ],
)
def test_credentials_of_a_channel_are_refused_and_not_told(tmp_path: Path, text: str) -> None:
    conda(tmp_path, text)
    with pytest.raises(ImageError) as caught:
        own_images(tmp_path)
    assert caught.value.code == "image.conda-credentials"
    assert str(tmp_path / "sales" / "environment.yml") in caught.value.message
    assert "hunter2" not in str(caught.value.to_dict())


@pytest.mark.parametrize(
    "line", ["- conda: https://h/t/hunter2/team/noarch/a.conda", "  - url: https://u:hunter2@h/c/"]
)
def test_a_lock_with_credentials_is_not_built(tmp_path: Path, line: str) -> None:
    """Of an earlier Airstrip, or of somebody's editor."""
    conda(tmp_path, "channels: [x]\ndependencies: [pandas]\n")
    image = find_task_image("sales", tmp_path)
    lock = f"{image.lock_head}\nversion: 7\n- conda: https://h/team/noarch/b.conda\n"
    image.lock.write_text(lock)
    assert require_lock(image) == image.lock
    image.lock.write_text(f"{lock}{line}\n")
    with pytest.raises(ImageError) as caught:
        require_lock(image)
    assert caught.value.code == "image.conda-credentials"
    assert "hunter2" not in str(caught.value.to_dict())


def test_docker_is_not_given_conda_s_packages(tmp_path: Path) -> None:
    conda(tmp_path, "channels: [x]\ndependencies: [pandas]\n")
    with pytest.raises(ImageError) as caught:
        task_container_recipe(find_task_image("sales", tmp_path), Builder("docker"))
    assert caught.value.code == "image.conda-by-engine"
    assert "image.builder" in caught.value.fix
    with pytest.raises(ImageError) as caught:
        task_container_recipe(find_task_image("sales", tmp_path), Builder())
    assert "image.builder" not in caught.value.fix


def test_records_of_no_packages_are_none(tmp_path: Path) -> None:
    _forget_this_machine(tmp_path)
    assert [path.name for path in (tmp_path / "conda-meta").iterdir()] == ["history"]


def test_what_solves_conda_s_packages_is_locked_with_hashes() -> None:
    lock = (LIBRARY.parent / "locks" / "rattler.lock").read_text()
    assert _PINNED.findall(lock)[0][0] == "py-rattler"
    assert "--hash=sha256:" in lock
    assert "://" not in lock
