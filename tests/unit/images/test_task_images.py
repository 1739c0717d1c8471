"""Task images' folders: what is read, what is refused, what is copied, and when one counts as built."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from airstrip.errors import AirstripError, ImageError
from airstrip.events import discard
from airstrip.images import (
    copy_task_image,
    find_task_image,
    own_images,
    plan_task_image,
    task_image_status,
)
from airstrip.images import task_images as all_images
from airstrip.images.oci import RunSettings, write_layout
from airstrip.images.tasks.definition import TaskImage, read_task_image
from airstrip.images.tasks.library import LIBRARY
from airstrip.images.tasks.resolve import lock_task_image, pods_requirements

NAMES = ("geo-basic", "ml-basic", "pandas-basic", "papermill-basic", "python-basic")
_PINNED = re.compile(r"([a-z0-9-]+)==(\S+)")
_SETTINGS = RunSettings(user="1:1", working_dir="/", entrypoint=())


def write(folder: Path, name: str = "sales", **files: str) -> Path:
    """A folder that is an image's, with other contents where they are given."""
    (folder / name).mkdir(parents=True)
    contents = {
        "image.yaml": "packages: [libgomp1]\n",
        "requirements.txt": "pandas>=2,<3\n",
        "check.py": "import pandas",
    }
    for file, text in {**contents, **{key.replace("_", "."): text for key, text in files.items()}}.items():
        (folder / name / file).write_text(text)
    return folder / name


def build(image: TaskImage, cache: Path) -> str:
    """As a build leaves it."""
    plan = plan_task_image(image, cache)
    return write_layout(plan.layout, plan.reference, [], _SETTINGS)


@pytest.mark.parametrize("name", NAMES)
def test_the_library_is_locked_pinned_and_hashed(name: str) -> None:
    image = read_task_image(LIBRARY / name, "library")
    assert image.is_locked, f"./scripts/lock-images {name}"
    assert image.description
    lock = image.lock.read_text()
    pinned = dict(_PINNED.findall(lock))
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert "://" not in lock
    wanted = [re.split(r"[<>=]", line)[0] for line in (*image.requirements, *pods_requirements())]
    assert set(wanted) <= set(pinned)


def test_the_library_has_what_it_says() -> None:
    assert tuple(image.name for image in all_images(Path("/none"))) == NAMES


def test_an_own_image_is_taken_before_the_library_s(tmp_path: Path) -> None:
    write(tmp_path, "pandas-basic")
    (tmp_path / "notes").mkdir()
    assert find_task_image("pandas-basic", tmp_path).source == "own"
    assert [(image.name, image.source) for image in all_images(tmp_path)] == [
        ("pandas-basic", "own"),
        *((name, "library") for name in NAMES if name != "pandas-basic"),
    ]


def test_a_copy_is_locked_and_nothing_is_overwritten(tmp_path: Path) -> None:
    origin = find_task_image("pandas-basic", tmp_path)
    written = copy_task_image("sales", origin, tmp_path)
    assert [path.name for path in written] == ["image.yaml", "requirements.txt", "requirements.lock", "check.py"]
    copied = find_task_image("sales", tmp_path)
    assert copied.is_locked
    assert copied.requirements == origin.requirements
    with pytest.raises(AirstripError) as caught:
        copy_task_image("sales", origin, tmp_path)
    assert caught.value.code == "image.exists"


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"image_yaml": "packages: libgomp1"}, "image.bad-definition"),
        ({"image_yaml": "base: debian"}, "image.bad-definition"),
        ({"image_yaml": "a: b: c"}, "image.bad-definition"),
        ({"image_yaml": "packages: [--setup-hook=x]"}, "image.package-name"),
        ({"requirements_txt": "--index-url https://example.org"}, "image.requirement"),
        ({"requirements_txt": "../mine"}, "image.requirement"),
        ({"environment_yml": "channels: [x]\ndependencies: [pandas]"}, "image.two-environments"),
    ],
)
def test_what_cannot_be_built_is_refused_with_its_file(tmp_path: Path, files: dict[str, str], code: str) -> None:
    write(tmp_path, **files)
    with pytest.raises(ImageError) as caught:
        find_task_image("sales", tmp_path)
    assert caught.value.code == code
    assert str(tmp_path / "sales") in caught.value.message + caught.value.fix


@pytest.mark.parametrize(
    ("file", "code"), [("check.py", "image.no-check"), ("requirements.txt", "image.no-requirements")]
)
def test_a_missing_file_is_named(tmp_path: Path, file: str, code: str) -> None:
    (write(tmp_path) / file).unlink()
    with pytest.raises(ImageError) as caught:
        own_images(tmp_path)
    assert caught.value.code == code
    assert str(tmp_path / "sales" / file) in caught.value.message


def test_a_broken_one_can_be_skipped(tmp_path: Path) -> None:
    write(tmp_path, "good")
    (write(tmp_path, "bad") / "check.py").unlink()
    told: list[str] = []
    assert [image.name for image in own_images(tmp_path, lambda error: told.append(error.code))] == ["good"]
    assert told == ["image.no-check"]


@pytest.mark.parametrize("name", ["Sales", "sales_2", "-sales", "s" * 51, "../sales"])
def test_names_that_no_image_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError) as caught:
        find_task_image(name, tmp_path)
    assert caught.value.code == "image.bad-name"


def test_an_unknown_image_names_those_that_there_are(tmp_path: Path) -> None:
    write(tmp_path, "sales")
    with pytest.raises(ImageError) as caught:
        find_task_image("rides", tmp_path)
    assert caught.value.code == "image.unknown"
    assert "pandas-basic, papermill-basic, python-basic, sales" in caught.value.cause


def test_a_lock_is_of_its_requirements(tmp_path: Path) -> None:
    folder = copy_task_image("sales", find_task_image("pandas-basic", tmp_path), tmp_path)[0].parent
    file = folder / "requirements.txt"
    file.write_text("# a comment changes nothing\n" + file.read_text())
    assert find_task_image("sales", tmp_path).is_locked
    file.write_text(file.read_text() + "polars\n")
    image = find_task_image("sales", tmp_path)
    assert not image.is_locked
    assert task_image_status(image, tmp_path / "cache").state == "unlocked"
    with pytest.raises(ImageError) as caught:
        plan_task_image(image, tmp_path / "cache")
    assert caught.value.code == "image.not-locked"
    assert caught.value.fix == "./airstrip image lock sales"


def test_a_lock_is_written_and_kept_where_nothing_changed(tmp_path: Path) -> None:
    """uv is a program of our own here: what it is asked, and what it answers, stand in its folder."""
    image = read_task_image(write(tmp_path), "own")
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\ncat >{tmp_path}/asked\necho "pandas==2.3.3 --hash=sha256:0" >requirements.lock\n')
    uv.chmod(0o755)
    assert lock_task_image(image, tmp_path / "cache", uv, discard)
    assert (tmp_path / "asked").read_text().splitlines() == ["pandas>=2,<3", *pods_requirements()]
    assert image.lock.read_text() == f"{image.lock_head}\npandas==2.3.3 --hash=sha256:0\n"
    assert image.is_locked
    assert not lock_task_image(image, tmp_path / "cache", uv, discard)


def test_uv_s_own_words_are_told(tmp_path: Path) -> None:
    image = read_task_image(write(tmp_path), "own")
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho 'No solution found: https://me:hunter2@example.org/simple' >&2\nexit 1\n")
    uv.chmod(0o755)
    with pytest.raises(ImageError) as caught:
        lock_task_image(image, tmp_path / "cache", uv, discard)
    assert caught.value.code == "image.unresolved"
    assert "No solution found" in caught.value.details
    assert "hunter2" not in caught.value.details
    assert not image.lock.exists()


def test_what_counts_as_built(tmp_path: Path) -> None:
    copy_task_image("sales", find_task_image("python-basic", tmp_path), tmp_path)
    cache = tmp_path / "cache"
    image = find_task_image("sales", tmp_path)
    assert task_image_status(image, cache).state == "absent"
    assert not cache.exists()
    digest = build(image, cache)
    status = task_image_status(image, cache)
    assert status.state == "current"
    assert status.image is not None
    assert status.image.pinned == f"localhost/airstrip/tasks/sales@{digest}"
    assert status.size > 0

    image.check.write_text("import this\n")
    status = task_image_status(image, cache)
    assert status.state == "changed"
    assert status.image is not None
    assert status.image.digest == digest


def test_of_earlier_builds_the_newest_is_told(tmp_path: Path) -> None:
    copy_task_image("sales", find_task_image("python-basic", tmp_path), tmp_path)
    image, cache = find_task_image("sales", tmp_path), tmp_path / "cache"
    layouts = []
    for number in range(3):
        image.check.write_text(f"assert {number} < 3\n")
        build(image, cache)
        layouts.append(plan_task_image(image, cache).layout)
    os.utime(layouts[0] / "index.json", (2e9, 2e9))
    image.check.write_text("pass\n")
    newest = task_image_status(image, cache).image
    assert newest is not None
    assert newest.layout == layouts[0]
    assert newest.reference.endswith(layouts[0].name.rpartition("-")[2])
