"""The wheel that other images install."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
UV = os.environ.get("AIRSTRIP_UV") or shutil.which("uv") or "uv"


def test_the_wheel_has_every_module_its_types_and_its_licence(tmp_path: Path) -> None:
    subprocess.run([UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, PACKAGE], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == "airstrip_pods-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (licence,) = (name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        assert b"Apache License" in archive.read(licence)
    source = PACKAGE / "src"
    wanted = {str(path.relative_to(source)) for path in source.rglob("*") if path.suffix in (".py", ".typed")}
    assert names == wanted
