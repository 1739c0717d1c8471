from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
from pathlib import Path

import pytest

import airstrip_pods
from airstrip.images import AirflowImageRequest, plan_airflow_image
from airstrip.images import pods_package as pods_package_module
from airstrip.images.pods_package import pods_digest, pods_files

REQUEST = AirflowImageRequest("3.3.2", ("cncf-kubernetes", "postgres", "fab"))
SOURCE = Path(airstrip_pods.__file__).parent


def test_every_module_goes_in_and_nothing_of_this_machine() -> None:
    files = pods_files()
    modules = {f"airstrip_pods/{path.name}" for path in SOURCE.glob("*.py")}
    assert {name for name in files if name.endswith(".py")} == modules
    assert files["airstrip_pods/py.typed"] == b""
    assert b"Apache License" in files["airstrip_pods-0.1.0.dist-info/licenses/LICENSE"]
    machine = str(SOURCE).encode()
    assert not [name for name, content in files.items() if machine in content or "direct_url" in name]


def test_an_installer_finds_what_it_would_have_written() -> None:
    """As the image has them: the standard library reads the distribution out of the folder."""
    files = pods_files()
    rows = list(csv.reader(files["airstrip_pods-0.1.0.dist-info/RECORD"].decode().splitlines()))
    assert {name for name, _, _ in rows} == set(files)
    for name, digest, size in rows:
        if not name.endswith("/RECORD"):
            encoded = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=").decode()
            assert (digest, size) == (f"sha256={encoded}", str(len(files[name])))


def test_the_standard_library_reads_it(tmp_path: Path) -> None:
    for name, content in pods_files().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (found,) = importlib.metadata.distributions(path=[str(tmp_path)])
    assert (found.name, found.version) == ("airstrip-pods", airstrip_pods.__version__)
    assert found.requires is not None
    assert "fsspec>=2024.2" in found.requires


def test_another_package_is_another_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (pods_digest(), plan_airflow_image(REQUEST, tmp_path).reference)
    assert (pods_digest(), plan_airflow_image(REQUEST, tmp_path).reference) == before
    files = pods_files()
    monkeypatch.setattr(pods_package_module, "pods_files", lambda: {**files, "airstrip_pods/new.py": b""})
    assert pods_digest() != before[0]
    assert plan_airflow_image(REQUEST, tmp_path).reference != before[1]
