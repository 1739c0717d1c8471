"""Task images built by Debian's Docker and Podman, and run as ours are: by their own checks, without either."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airstrip.errors import ImageError
from airstrip.events import discard
from airstrip.images import (
    Builder,
    BuiltImage,
    TaskImage,
    copy_task_image,
    ensure_airflow_image,
    ensure_task_image,
    find_task_image,
)
from airstrip.images.airflow import system_recipe
from airstrip.images.oci import read_config, read_layers
from airstrip.images.store import ImageStore
from airstrip.paths import cache_dir
from tests.image.conftest import REQUEST
from tests.image.engines import running_docker, usable_podman
from tests.image.rooted import run_inside, unpack

DOCKER = Builder("docker")
PASSWORD = "never-in-an-image-4711"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with running_docker(tmp_path_factory.mktemp("engine") / "docker") as environment:
        yield environment


@pytest.fixture
def docker(daemon: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in daemon.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def cache(tmp_path: Path, airflow_image: BuiltImage) -> Path:
    """A new one, but for the system's layer: that is a minute's work, and our own builder's."""
    own, new = ImageStore(cache_dir()), ImageStore(tmp_path / "cache")
    layer = own.layer(system_recipe().key)
    assert layer is not None
    assert layer == read_layers(airflow_image.layout)[0]
    new.root.mkdir(parents=True)
    archive = new.root / "layer.tar"
    shutil.copyfile(own.blob(layer), archive)
    new.keep_layer(system_recipe().key, layer, archive)
    return tmp_path / "cache"


def own(folder: Path) -> TaskImage:
    """A copy of the library's simplest, to change."""
    copy_task_image("mine", find_task_image("python-basic", folder), folder)
    return find_task_image("mine", folder)


def passes_its_check(image: BuiltImage, root: Path) -> dict[str, Any]:
    config = unpack(image, root)
    done = run_inside(root, config, [*config["Entrypoint"], *config["Cmd"]])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("python-basic works:")
    assert "airstrip_pods 0." in done.stdout
    return config


def test_docker_builds_what_we_build(
    docker: None, cache: Path, uv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the same system, which a node holds once; with the same settings; and no secret of the build in it."""
    monkeypatch.setenv("UV_INDEX_PRIVATE_PASSWORD", PASSWORD)
    image = own(tmp_path)
    built = ensure_task_image(image, cache, uv, discard, builder=DOCKER)
    ours = ensure_task_image(image, cache_dir(), uv, discard)
    config = passes_its_check(built, tmp_path / "root")
    assert config == read_config(ours.layout)["config"]
    assert read_layers(built.layout)[0] == read_layers(ours.layout)[0]
    assert len(read_layers(built.layout)) == len(read_layers(ours.layout))
    packages = "lib/python3.11/site-packages"
    unpack(ours, tmp_path / "ours")
    assert listed(tmp_path / "root", packages) == listed(tmp_path / "ours", packages)
    found = subprocess.run(["grep", "-rlF", PASSWORD, built.layout], capture_output=True, text=True, check=False)
    assert found.stdout == ""
    assert not any((cache / "images/work").iterdir())


def listed(root: Path, folder: str) -> set[str]:
    """Every module and its bytecode: names alone."""
    top = root / "opt/airflow/venv" / folder
    return {str(path.relative_to(top)) for path in top.rglob("*.py*")}


def test_docker_builds_anew_only_what_changed_and_the_same_again(
    docker: None, cache: Path, uv: Path, tmp_path: Path
) -> None:
    image = own(tmp_path)
    first = ensure_task_image(image, cache, uv, discard, builder=DOCKER)
    image.check.write_text("print('other')\n")
    changed = ensure_task_image(image, cache, uv, discard, builder=DOCKER)
    assert read_layers(changed.layout)[:-1] == read_layers(first.layout)[:-1]
    assert read_layers(changed.layout)[-1] != read_layers(first.layout)[-1]
    # From nothing but the system: the engine has forgotten every step.
    subprocess.run(["docker", "builder", "prune", "--all", "--force"], check=True, capture_output=True)
    shutil.rmtree(changed.layout)
    (cache / "images" / "layers").rename(tmp_path / "forgotten")
    (cache / "images" / "layers").mkdir()
    record = next(path for path in (tmp_path / "forgotten").iterdir() if path.stem == system_recipe().key)
    record.rename(cache / "images" / "layers" / record.name)
    again = ensure_task_image(image, cache, uv, discard, builder=DOCKER)
    assert again.digest == changed.digest


# The same on another base.
@pytest.mark.slow
def test_docker_builds_on_the_user_s_base(docker: None, cache: Path, uv: Path, tmp_path: Path) -> None:
    """Of which nobody has to be root, and whose own settings stay."""
    system = ImageStore(cache).layer(system_recipe().key)
    assert system is not None
    made = ("docker", "import", "--change", "ENV TEAM=ours", "--change", "ENV PATH=/opt/team:/usr/bin:/bin")
    subprocess.run([*made, ImageStore(cache).blob(system), "team/base:1"], check=True, capture_output=True)
    built = ensure_task_image(own(tmp_path), cache, uv, discard, builder=Builder("docker", "team/base:1"))
    config = passes_its_check(built, tmp_path / "root")
    assert "TEAM=ours" in config["Env"]
    assert "PATH=/opt/airflow/venv/bin:/opt/team:/usr/bin:/bin" in config["Env"]


def test_another_package_than_was_locked_is_refused(docker: None, cache: Path, uv: Path, tmp_path: Path) -> None:
    image = own(tmp_path)
    lock = image.lock.read_text()
    image.lock.write_text(lock.replace("--hash=sha256:", "--hash=sha256:0000")[: len(lock)])
    with pytest.raises(ImageError) as caught:
        ensure_task_image(image, cache, uv, discard, builder=DOCKER)
    assert caught.value.code == "image.builder-failed"
    assert "sha256" in caught.value.details
    assert not any((cache / "images/work").iterdir())


# The same by another engine.
@pytest.mark.slow
def test_podman_builds_it_too(cache: Path, uv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = own(tmp_path)
    with usable_podman(tmp_path / "podman") as environment, monkeypatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        built = ensure_task_image(image, cache, uv, discard, builder=Builder("podman"))
    passes_its_check(built, tmp_path / "root")
    assert read_layers(built.layout)[0] == ImageStore(cache).layer(system_recipe().key)


@pytest.mark.slow
def test_docker_builds_airflow_s_image(docker: None, cache: Path, uv: Path, tmp_path: Path) -> None:
    built = ensure_airflow_image(replace(REQUEST, builder=DOCKER), cache, uv, discard)
    config = unpack(built, tmp_path / "root")
    done = run_inside(tmp_path / "root", config, ["airflow", "version"], empty=("/tmp", "/opt/airflow/logs"))
    assert done.stdout.strip() == REQUEST.version, done.stderr
