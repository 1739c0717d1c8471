"""A locked conda environment as a layer, and airstrip_pods where any Python finds it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from airstrip.errors import ImageError
from airstrip.events import Progress
from airstrip.images.conda.solver import run_rattler, subdir
from airstrip.images.environment import read_only
from airstrip.images.layer import Layer, write_layer
from airstrip.images.pods_package import pods_digest, pods_files
from airstrip.images.store import ImageStore

PREFIX = "opt/airflow/conda"
MODULES = "usr/local/lib/airstrip"

# Raise it when this module makes other bytes of the same lock.
FORMAT = 1

# Of each package's record: where it lay on this machine.
_OF_THIS_MACHINE = ("extracted_package_dir", "package_tarball_full_path", "link")


def ensure_conda_layer(
    lock: Path, above: tuple[int, int], store: ImageStore, work: Path, uv: Path, progress: Progress
) -> Layer:
    """The lock's packages; `above` are owner and group of the folder around the prefix, as the system has it."""
    inputs = f"{FORMAT}\n{subdir()}\n{above}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}"
    key = f"conda-{hashlib.sha256(inputs.encode()).hexdigest()[:32]}"
    cached = store.layer(key)
    if cached is not None:
        return cached
    progress.say("installing conda packages")
    root = work / "conda"
    prefix = root / PREFIX
    prefix.mkdir(parents=True)
    asked = {"do": "install", "lock": str(lock), "prefix": str(prefix), "inside": f"/{PREFIX}"}
    if said := run_rattler(asked, store, uv, work):
        raise ImageError(
            "image.conda-failed",
            "the image's conda packages could not be installed",
            cause="A channel could not be reached, or a file there is not the one that was locked.",
            fix="See rattler's words below. For today's packages of the channels: ./airstrip image lock NAME",
            details=said,
        )
    _forget_this_machine(prefix)
    for folder in (root, root / "opt"):
        folder.chmod(0o755)
    prefix.parent.chmod(0o775)
    os.chown(prefix.parent, *above)
    progress.say("writing the conda environment's layer")
    archive = work / "conda.tar"
    layer = write_layer(root, archive, PREFIX, read_only)
    store.keep_layer(key, layer, archive)
    return layer


def ensure_modules_layer(store: ImageStore, work: Path) -> Layer:
    """airstrip_pods for PYTHONPATH: which Python the environment has, if any, nobody knows here."""
    key = f"modules-{pods_digest()[:32]}"
    cached = store.layer(key)
    if cached is not None:
        return cached
    root = work / "modules"
    for name, content in pods_files().items():
        file = root / MODULES / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    archive = work / "modules.tar"
    layer = write_layer(root, archive, MODULES, read_only)
    store.keep_layer(key, layer, archive)
    return layer


def _forget_this_machine(prefix: Path) -> None:
    """And the day: `conda list` and auditors read the records, nobody the history of an image."""
    for record in sorted((prefix / "conda-meta").glob("*.json")):
        content = json.loads(record.read_bytes())
        for name in _OF_THIS_MACHINE:
            content.pop(name, None)
        record.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
    # Of no packages there is no such folder.
    (prefix / "conda-meta").mkdir(exist_ok=True)
    (prefix / "conda-meta" / "history").write_bytes(b"")
