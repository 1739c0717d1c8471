"""The wheel of airstrip-node: packed from the programs that were compiled, looked into, installed and found."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from airstrip.embedded.binaries import Binaries, find_binaries
from airstrip.embedded.binaries.folder import FILES, MANIFEST
from airstrip.embedded.binaries.recipe import find_sources
from airstrip.paths import cache_dir

ROOT = Path(__file__).resolve().parents[2]
_FIND = """
from pathlib import Path
from airstrip.embedded.binaries import find_binaries
print(find_binaries(Path("no cache")).folder)
"""


@pytest.fixture(scope="module")
def uv() -> str:
    found = os.environ.get("AIRSTRIP_UV") or shutil.which("uv")
    if not found:
        pytest.skip("there is no uv")
    return found


@pytest.fixture(scope="module")
def programs() -> Binaries:
    found = find_binaries(cache_dir())
    assert found is not None, "run `./airstrip node build` first"
    return found


@pytest.fixture(scope="module")
def wheel(uv: str, programs: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Removed at the end: pytest would keep three of them, at 80 MB each."""
    sources = find_sources()
    assert sources is not None
    folder = tmp_path_factory.mktemp("wheel")
    argv = (uv, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(sources.folder))
    _run(*argv, AIRSTRIP_NODE_BIN=str(programs.folder))
    (built,) = folder.glob("*.whl")
    yield built
    shutil.rmtree(folder)


def _run(*argv: str, **environment: str) -> str:
    env = {name: value for name, value in os.environ.items() if name != "AIRSTRIP_NODE_BIN"}
    done = subprocess.run(argv, env=env | environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_tag_names_this_machine_and_no_c_library(wheel: Path) -> None:
    machine = os.uname().machine
    assert wheel.name.endswith(f"-py3-none-manylinux_2_17_{machine}.musllinux_1_1_{machine}.whl")


def test_holds_every_program_and_licence(wheel: Path, programs: Binaries) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {entry.filename: entry for entry in archive.infolist()}
    for name in FILES:
        assert packed[f"airstrip_node/bin/{name}"].external_attr >> 16 & stat.S_IXUSR, name
        assert packed[f"airstrip_node/bin/{name}"].file_size == programs.path(name).stat().st_size
    assert f"airstrip_node/bin/{MANIFEST}" in packed
    assert "airstrip_node/LICENSE" in packed
    texts = [path for path in programs.licences.rglob("*") if path.is_file()]
    missing = [path for path in texts if f"airstrip_node/bin/{path.relative_to(programs.folder)}" not in packed]
    assert texts
    assert not missing


def test_installed_one_is_found_and_runs(wheel: Path, uv: str, programs: Binaries, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    python = venv / "bin" / "python"
    _run(uv, "venv", "--quiet", "--python", sys.executable, str(venv))
    _run(uv, "pip", "install", "--quiet", "--offline", "--no-cache", "--python", str(python), str(wheel))
    # Airstrip and what it needs, as they are for the tests.
    site = next((venv / "lib").glob("python*/site-packages"))
    (site / "tests.pth").write_text(f"{ROOT / 'src'}\n{sysconfig.get_path('purelib')}\n")
    found = Path(_run(str(python), "-c", _FIND).strip())
    assert found == site / "airstrip_node" / "bin"
    version = _run(str(found / "airstrip-node"), "kubelet", "--version")
    assert version == f"Kubernetes v{programs.versions.kubernetes}\n"
    shutil.rmtree(venv)
