"""Task images of the library, built and run by their own checks: as a pod would, without a container runtime."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from airstrip.events import discard
from airstrip.images import (
    BuiltImage,
    copy_task_image,
    ensure_task_image,
    find_task_image,
    task_image_status,
)
from airstrip.paths import cache_dir
from tests.image.rooted import run_inside, unpack

_NOWHERE = Path("/no-own-images")


def build(name: str, uv: Path, own: Path = _NOWHERE) -> BuiltImage:
    return ensure_task_image(find_task_image(name, own), cache_dir(), uv, discard)


def layers(image: BuiltImage) -> list[str]:
    blobs = image.layout / "blobs" / "sha256"
    manifest = json.loads((blobs / image.digest.removeprefix("sha256:")).read_bytes())
    return [str(layer["digest"]) for layer in manifest["layers"]]


@pytest.mark.parametrize(
    "name",
    [
        "python-basic",
        "pandas-basic",
        pytest.param("papermill-basic", marks=pytest.mark.slow),
        pytest.param("geo-basic", marks=pytest.mark.slow),
        pytest.param("ml-basic", marks=pytest.mark.slow),
    ],
)
def test_an_image_of_the_library_passes_its_check(name: str, uv: Path, tmp_path: Path) -> None:
    config = unpack(build(name, uv), tmp_path / "root")
    # Read-only but for /tmp, as its user, without a network but its own.
    done = run_inside(tmp_path / "root", config, [*config["Entrypoint"], *config["Cmd"]])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{name} works:")
    assert "airstrip_pods 0." in done.stdout
    assert config["User"] == "50000:0"


def test_only_what_changed_is_built_anew(uv: Path, airflow_image: BuiltImage, tmp_path: Path) -> None:
    """And the system is Airflow's own layer, which a node holds once."""
    first = build("python-basic", uv)
    assert layers(first)[0] == layers(airflow_image)[0]

    copy_task_image("mine", find_task_image("python-basic", tmp_path), tmp_path)
    assert layers(build("mine", uv, tmp_path)) == layers(first)
    # What no earlier run has left in the cache.
    (tmp_path / "mine" / "check.py").write_text(f"raise SystemExit({time.time_ns()})\n")
    assert task_image_status(find_task_image("mine", tmp_path), cache_dir()).state == "changed"
    changed = build("mine", uv, tmp_path)
    assert layers(changed)[:-1] == layers(first)[:-1]
    assert layers(changed)[-1] != layers(first)[-1]
    assert task_image_status(find_task_image("mine", tmp_path), cache_dir()).image == changed
    shutil.rmtree(changed.layout)


def test_no_airflow_and_nothing_of_it_is_in_there(uv: Path, tmp_path: Path) -> None:
    config = unpack(build("python-basic", uv), tmp_path / "root")
    code = "import gc, importlib.util as u; print(u.find_spec('airflow'), gc.get_threshold()[0] < 10_000)"
    done = run_inside(tmp_path / "root", config, ["python", "-c", code])
    assert done.stdout.split() == ["None", "True"], done.stderr
