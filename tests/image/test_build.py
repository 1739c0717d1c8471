"""Building for real: the same inputs give the same digest, whatever happened in between."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from airstrip.errors import ImageError
from airstrip.events import discard
from airstrip.images import AirflowImageRequest, BuiltImage, ensure_airflow_image, ensure_postgresql_image
from airstrip.images.airflow import system_recipe
from airstrip.images.store import ImageStore
from airstrip.paths import cache_dir
from tests.image.conftest import REQUEST


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def share_system_layer(store: ImageStore, other: ImageStore) -> None:
    key = system_recipe().key
    layer = store.layer(key)
    assert layer is not None
    archive = other.root / "layer.tar"
    other.root.mkdir(parents=True)
    shutil.copyfile(store.blob(layer), archive)
    other.keep_layer(key, layer, archive)


def test_airflow_twice_is_one_digest(airflow_image: BuiltImage, uv: Path, tmp_path: Path) -> None:
    """Another folder, another umask; the Debian layer is shared (the PostgreSQL image proves that one)."""
    share_system_layer(ImageStore(cache_dir()), ImageStore(tmp_path))

    with umask(0o077):
        again = ensure_airflow_image(REQUEST, tmp_path, uv, discard)

    assert again.digest == airflow_image.digest
    assert again.reference == airflow_image.reference


# Two whole builds; of Airflow's image, and of its lock, the same is proved each time.
@pytest.mark.slow
def test_debian_twice_is_one_digest_though_one_was_killed(tmp_path: Path) -> None:
    """Twice from today's mirror; before the second, a build is killed as by a power cut and run again."""
    # The folder's name is in no image.
    first = ensure_postgresql_image(tmp_path / "én cache ✈", discard)
    kill_a_build(tmp_path / "two")

    with umask(0o077):
        second = ensure_postgresql_image(tmp_path / "two", discard)

    assert second.digest == first.digest
    assert not any((tmp_path / "two/images/work").iterdir())


def kill_a_build(cache: Path) -> None:
    """Kills a build with its package installer at work; nothing of it must go on."""
    code = (
        "import sys; from pathlib import Path; from airstrip.events import discard; "
        "from airstrip.images import ensure_postgresql_image; ensure_postgresql_image(Path(sys.argv[1]), discard)"
    )
    build = subprocess.Popen([sys.executable, "-c", code, str(cache)])
    unpacked = cache / "images/work/postgresql/system/usr/bin"
    wait_until(lambda: unpacked.is_dir(), 60)
    build.send_signal(signal.SIGKILL)
    build.wait()
    wait_until(lambda: not processes_about(cache), 10)
    assert str(cache) not in Path("/proc/self/mountinfo").read_text()


# The third of the kind, and nearly a whole build until it is there.
_COMPILER = pytest.param("python3", marks=pytest.mark.slow)


@pytest.mark.parametrize("program", ["tar", "uv", _COMPILER])
def test_a_killed_build_leaves_nobody_to_write_into_the_next(program: str, uv: Path, tmp_path: Path) -> None:
    """Killed while `program` unpacks, installs or compiles; stopped first, so that it cannot just have ended."""
    share_system_layer(ImageStore(cache_dir()), ImageStore(tmp_path))
    (tmp_path / "images/uv").symlink_to(ImageStore(cache_dir()).uv_cache)
    code = (
        "import sys; from pathlib import Path; from airstrip.events import discard; "
        "from airstrip.images import ensure_airflow_image; from tests.image.conftest import REQUEST; "
        "ensure_airflow_image(REQUEST, Path(sys.argv[1]), Path(sys.argv[2]), discard)"
    )
    build = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(uv)], cwd=Path(__file__).parents[2])
    stopped: list[int] = []
    try:
        wait_until(lambda: stop_children(build.pid, program, stopped), 60)
    finally:
        build.kill()
        build.wait()
    try:
        wait_until(lambda: not any(Path(f"/proc/{pid}/cwd").is_dir() for pid in stopped), 10)
    finally:
        for pid in stopped:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def stop_children(parent: int, program: str, stopped: list[int]) -> bool:
    lines = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(parent)], capture_output=True, text=True, check=False
    ).stdout.splitlines()
    for pid in (int(line.split()[0]) for line in lines if line.split()[1] == program):
        os.kill(pid, signal.SIGSTOP)
        stopped.append(pid)
    return bool(stopped)


def processes_about(path: Path) -> list[str]:
    lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if str(path) in line]


def wait_until(look: object, seconds: float) -> None:
    assert callable(look)
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_cached_image_is_taken_again(airflow_image: BuiltImage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run for it."""
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a program is run"))
    assert ensure_airflow_image(REQUEST, cache_dir(), Path("/no/uv"), discard) == airflow_image


def test_uv_says_why_requirements_do_not_fit(uv: Path, tmp_path: Path) -> None:
    request = AirflowImageRequest("3.3.2", REQUEST.extras, requirements=("sqlalchemy<1",))

    with pytest.raises(ImageError) as caught:
        ensure_airflow_image(request, tmp_path, uv, discard)

    assert caught.value.code == "image.unresolved"
    assert "sqlalchemy<1" in caught.value.details
