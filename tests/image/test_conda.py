"""An image from an environment.yml: locked, built and run, of a channel in a folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.events import Progress, discard
from airstrip.images import (
    BuiltImage,
    TaskImage,
    ensure_task_image,
    find_task_image,
    lock_task_image,
    task_image_status,
)
from airstrip.images.airflow import system_recipe
from airstrip.images.conda.layer import PREFIX, ensure_conda_layer
from airstrip.images.oci import read_layers
from airstrip.images.store import ImageStore
from airstrip.paths import cache_dir
from tests.image.channel import PLACEHOLDER, add_package, served
from tests.image.rooted import run_inside, unpack

CHECK = """import importlib.util, subprocess
print(subprocess.run(["greet"], capture_output=True, text=True, check=True).stdout.strip())
print(bool(importlib.util.find_spec("airstrip_pods")))
"""


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    script = f"#!/bin/sh\ncat {PLACEHOLDER}/share/words\n"
    add_package(tmp_path / "channel", "words", "1.0.0", {"share/words": "hello\n"})
    add_package(tmp_path / "channel", "greeting", "1.2.0", {"bin/greet": script}, ("words >=1", "__glibc >=2.36"))
    add_package(tmp_path / "channel", "greeting", "2.0.0", {"bin/greet": script}, ("words >=9",))
    return tmp_path / "channel"


@pytest.fixture
def image(tmp_path: Path, channel: Path) -> TaskImage:
    folder = tmp_path / "images" / "greet"
    folder.mkdir(parents=True)
    (folder / "image.yaml").write_text("description: greets\n")
    (folder / "check.py").write_text(CHECK)
    (folder / "environment.yml").write_text(f"channels: ['{channel.as_uri()}']\ndependencies: ['greeting>=1']\n")
    return find_task_image("greet", tmp_path / "images")


@pytest.fixture
def cache(tmp_path: Path, airflow_image: BuiltImage) -> Path:
    """A new one, but for the system's layer."""
    own, new = ImageStore(cache_dir()), ImageStore(tmp_path / "cache")
    layer = read_layers(airflow_image.layout)[0]
    new.root.mkdir(parents=True)
    shutil.copyfile(own.blob(layer), new.root / "layer.tar")
    new.keep_layer(system_recipe().key, layer, new.root / "layer.tar")
    return tmp_path / "cache"


def test_an_environment_is_locked_built_and_run(image: TaskImage, cache: Path, uv: Path, tmp_path: Path) -> None:
    """The newest packages that go together; a file's place is the image's; the same again is the same digest."""
    assert task_image_status(image, cache).state == "unlocked"
    assert lock_task_image(image, cache, uv, discard)
    assert not lock_task_image(image, cache, uv, discard)
    lock = image.lock.read_text()
    assert lock.startswith(f"{image.lock_head}\n")
    assert lock.count("\n  sha256: ") == 2
    assert "greeting-1.2.0" in lock

    built = ensure_task_image(image, cache, uv, discard)
    root = tmp_path / "root"
    config = unpack(built, root)
    done = run_inside(root, config, [*config["Entrypoint"], *config["Cmd"]])
    assert done.stdout.splitlines() == ["hello", "True"], done.stderr
    assert (root / PREFIX / "bin/greet").read_text() == f"#!/bin/sh\ncat /{PREFIX}/share/words\n"
    assert (root / "opt/airflow").stat().st_uid == 50000
    assert (root / PREFIX / "bin/greet").stat().st_uid == 0
    records = [path.read_text() for path in (root / PREFIX / "conda-meta").glob("*.json")]
    assert len(records) == 2
    assert not any(str(cache) in record for record in records)

    for path in (built.layout, *(cache / "images" / "layers").glob("conda-*")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert ensure_task_image(image, cache, uv, discard).digest == built.digest


@pytest.mark.parametrize("how", ["a folder", "a server"])
def test_another_file_than_was_locked_is_refused(
    how: str, image: TaskImage, channel: Path, cache: Path, uv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served(channel) as url:
        if how == "a server":
            (image.folder / "environment.yml").write_text(f"channels: ['{url}']\ndependencies: [words]\n")
            image = find_task_image("greet", image.folder.parent)
        lock_task_image(image, cache, uv, discard)
        add_package(channel, "words", "1.0.0", {"share/words": "hello, and more\n"})
        with pytest.raises(ImageError) as caught:
            ensure_task_image(image, cache, uv, discard)
    assert caught.value.code == "image.conda-failed"
    assert "words-1.0.0" in caught.value.details
    assert not any((cache / "images/work").iterdir())


def test_packages_that_do_not_go_together_are_told_by_rattler(image: TaskImage, cache: Path, uv: Path) -> None:
    file = image.folder / "environment.yml"
    file.write_text(file.read_text().replace("greeting>=1", "greeting>=2"))
    with pytest.raises(ImageError) as caught:
        lock_task_image(find_task_image("greet", image.folder.parent), cache, uv, discard)
    assert caught.value.code == "image.conda-unresolved"
    assert "words" in caught.value.details
    assert not image.lock.exists()


def test_a_channel_that_asks_for_a_login_gets_it_from_rattler_s_own_file(
    image: TaskImage, channel: Path, uv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And neither the lock nor the packages' records have it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("RATTLER_AUTH_FILE", str(tmp_path / "logins.json"))
    login = {"BasicHTTP": {"username": "me", "password": "hunter2"}}
    (tmp_path / "logins.json").write_text(json.dumps({"127.0.0.1": login}))
    store, work = ImageStore(tmp_path / "cache"), tmp_path / "work"
    work.mkdir()
    with served(channel, "me:hunter2") as url:
        (image.folder / "environment.yml").write_text(f"channels: ['{url}']\ndependencies: [words]\n")
        image = find_task_image("greet", image.folder.parent)
        lock_task_image(image, tmp_path / "cache", uv, discard)
        ensure_conda_layer(image.lock, (0, 0), store, work, uv, Progress(discard, "x"))
    (record,) = (work / "conda" / PREFIX / "conda-meta").glob("*.json")
    assert "hunter2" not in image.lock.read_text() + record.read_text()
