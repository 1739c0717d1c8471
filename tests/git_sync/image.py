"""An image of git-sync for the cluster's tests: Airflow's own with git in it, and one layer on top."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from airstrip.images import BuiltImage
from airstrip.images.layer import Layer, write_layer
from airstrip.images.oci import RunSettings, blob_path, write_layout

PROGRAM = Path(__file__).parent / "program.py"
_USER = "65533:65533"
_PASSWD = "root:x:0:0::/:/bin/sh\ngit-sync:x:65533:65533::/tmp:/usr/sbin/nologin\n"


def real_program() -> Path | None:
    """git-sync itself, where whoever runs the tests has it."""
    named = os.environ.get("AIRSTRIP_TEST_GIT_SYNC")
    return Path(named) if named else None


def build_git_sync_image(airflow: BuiltImage, folder: Path) -> BuiltImage:
    """In `folder`, which is made; its user is in /etc/passwd, as ssh wants it."""
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/passwd").write_text(_PASSWD)
    if real := real_program():
        shutil.copy(real, root / "git-sync")
    else:
        (root / "git-sync").write_text(f"#!/opt/airflow/venv/bin/python\n{PROGRAM.read_text()}")
    (root / "git-sync").chmod(0o755)
    own = (write_layer(root, folder / "layer.tar"), folder / "layer.tar")
    manifest = json.loads(blob_path(airflow.layout, airflow.digest).read_bytes())
    below = [
        (Layer(layer["digest"], layer["size"]), blob_path(airflow.layout, layer["digest"]))
        for layer in manifest["layers"]
    ]
    reference = "localhost/airstrip-tests/git-sync:v4"
    settings = RunSettings(user=_USER, working_dir="/tmp", entrypoint=("/git-sync",), env={"HOME": "/tmp"})
    digest = write_layout(folder / "layout", reference, [*below, own], settings)
    return BuiltImage(reference, digest, folder / "layout")
