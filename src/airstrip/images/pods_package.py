"""The pods package as a layer: what DAGs import, as an installer would leave it, out of what is installed here.

It is pure Python and comes with Airstrip, so no index is asked; its one dependency, fsspec, is Airflow's too. A layer
of its own: a change of it builds some kilobytes anew, not Airflow's environment.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
from importlib.metadata import Distribution, distribution
from pathlib import Path

from airstrip.images.environment import SITE_PACKAGES, VENV, build_unpack_command, read_only
from airstrip.images.layer import Layer, write_layer
from airstrip.images.rootfs import compile_bytecode
from airstrip.images.store import ImageStore
from airstrip.process import run

PACKAGE = "airstrip_pods"
DISTRIBUTION = "airstrip-pods"
# Of the distribution's own folder: what says the same wherever, and however, it was installed.
_METADATA = ("METADATA", "licenses/LICENSE")
_SUFFIXES = (".py", ".typed")
_WHEEL = "Wheel-Version: 1.0\nGenerator: airstrip\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

# Raise it when this module makes other bytes of the same files.
_FORMAT = 1


def pods_files() -> dict[str, bytes]:
    """Every file, by its path in site-packages; the same on each machine that has this version."""
    found = distribution(DISTRIBUTION)
    folder = f"{PACKAGE}-{found.version}.dist-info"
    files = {f"{PACKAGE}/{name}": content for name, content in _sources().items()}
    files |= {f"{folder}/{name}": _metadata(found, name) for name in _METADATA}
    files |= {f"{folder}/INSTALLER": b"airstrip\n", f"{folder}/WHEEL": _WHEEL.encode()}
    record = f"{folder}/RECORD"
    lines = [*(_record_line(name, files[name]) for name in sorted(files)), f"{record},,"]
    return {**files, record: "".join(f"{line}\n" for line in lines).encode()}


def pods_digest() -> str:
    """A hash of all that goes into an image."""
    digest = hashlib.sha256(str(_FORMAT).encode())
    for name, content in sorted(pods_files().items()):
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def ensure_pods_layer(system: Layer, store: ImageStore, work: Path) -> Layer:
    """The layer out of the cache, or made over the layer `system`, whose Python compiles it."""
    key = f"pods-{hashlib.sha256(f'{system.digest}{pods_digest()}'.encode()).hexdigest()[:32]}"
    cached = store.layer(key)
    if cached is not None:
        return cached
    rootfs = work / "pods"
    rootfs.mkdir(mode=0o755)
    run(build_unpack_command(store.blob(system), rootfs))
    for name, content in pods_files().items():
        path = rootfs / VENV / SITE_PACKAGES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    compile_bytecode(rootfs, (f"{VENV}/{SITE_PACKAGES}",))
    archive = work / "pods.tar"
    layer = write_layer(rootfs, archive, VENV, read_only)
    store.keep_layer(key, layer, archive)
    return layer


def _sources() -> dict[str, bytes]:
    found = importlib.util.find_spec(PACKAGE)
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent
    paths = [path for path in folder.rglob("*") if path.suffix in _SUFFIXES and path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def _metadata(found: Distribution, name: str) -> bytes:
    text = found.read_text(name)
    assert text is not None, f"{DISTRIBUTION} was installed without {name}"
    return text.encode()


def _record_line(name: str, content: bytes) -> str:
    encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={encoded},{len(content)}"
