"""The Python environment of an image as a layer: /opt/airflow/venv, on the system's own Python.

uv installs wheels for the image's Python from outside, by whatever Python runs here; what depends on
that Python (the folder's name, the first lines of scripts) is set right afterwards, and the bytecode
is compiled by the image's Python inside the unpacked system layer.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import shutil
import tarfile
from pathlib import Path

from airstrip.errors import ImageError
from airstrip.events import Progress
from airstrip.images.layer import Layer, write_layer
from airstrip.images.requirements import PYTHON, target_options, uv_environment
from airstrip.images.rootfs import compile_bytecode
from airstrip.images.store import ImageStore
from airstrip.process import Command, run
from airstrip.redaction import without_credentials

# Raise it when this module, or what it adds, makes other bytes of the same lock.
FORMAT = 3

VENV = "opt/airflow/venv"
SITE_PACKAGES = f"lib/python{PYTHON}/site-packages"

_START_UP = Path(__file__).parent / "files" / "airstrip_start_up.py"
# A plain first line, or the three lines that stand for one too long for the kernel.
_FIRST_LINE = re.compile(rb"\A#!(?:[^\n]*python[^\n]*|/bin/sh\n'''exec' [^\n]*\n' ''')\n")


def build_install_command(uv: Path, uv_cache: Path, lock: Path, prefix: Path, work: Path) -> Command:
    """The command that installs exactly the packages of `lock` below `prefix`."""
    return Command(
        (
            str(uv),
            "pip",
            "install",
            "--prefix",
            str(prefix),
            *target_options(),
            "--require-hashes",
            "--no-deps",
            # Files of the image must not be uv's cache's own: their first lines are changed.
            "--link-mode",
            "copy",
            "--requirements",
            str(lock),
        ),
        env=uv_environment(uv_cache),
        cwd=work,
        tied=True,
    )


def build_unpack_command(system: Path, rootfs: Path) -> Command:
    """The command that unpacks the layer `system` into the empty folder `rootfs`."""
    return Command(
        ("tar", "--extract", "--numeric-owner", "-p", "-C", str(rootfs), "-f", str(system)),
        tied=True,
    )


def ensure_environment_layer(
    lock: Path, system: Layer, store: ImageStore, work: Path, uv: Path, progress: Progress, *, start_up: bool = True
) -> Layer:
    """The packages of `lock` over the layer `system`; with `start_up`, what suits Airflow's own starts.

    The layer is named after what is installed, not after what was asked for: two requests may agree.
    """
    inputs = f"{FORMAT}\n{system.digest}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}"
    inputs += "" if start_up else "\nplain"
    key = f"environment-{hashlib.sha256(inputs.encode()).hexdigest()[:32]}"
    cached = store.layer(key)
    if cached is not None:
        return cached
    archive = work / "environment.tar"
    blob = store.blob(system)
    layer = write_environment_layer(blob, lock, uv, store.uv_cache, work, archive, progress, start_up=start_up)
    store.keep_layer(key, layer, archive)
    return layer


def write_environment_layer(
    system: Path,
    lock: Path,
    uv: Path,
    uv_cache: Path,
    work: Path,
    archive: Path,
    progress: Progress,
    *,
    start_up: bool,
) -> Layer:
    """Installs the packages of `lock` over the unpacked layer `system` and writes the new layer."""
    rootfs = work / "rootfs"
    progress.say("unpacking the Debian system")
    rootfs.mkdir(mode=0o755)
    run(build_unpack_command(system, rootfs))
    progress.say("installing Python packages")
    venv = rootfs / VENV
    _install(build_install_command(uv, uv_cache, lock, venv, work))
    settle(venv)
    if start_up:
        add_start_up(venv / SITE_PACKAGES)
    progress.say("compiling Python packages")
    compile_bytecode(rootfs, (f"{VENV}/{SITE_PACKAGES}",))
    progress.say("writing the Python environment's layer")
    return write_layer(rootfs, archive, VENV, read_only)


def _install(command: Command) -> None:
    done = run(command, check=False)
    if done.exit_code != 0:
        raise ImageError(
            "image.install-failed",
            "uv could not install the image's Python packages",
            cause="The package index could not be reached, a file there is not the one that was locked, "
            "or a requirement is no released package.",
            fix="See uv's message below; its index and certificates are set in uv's own configuration.",
            details=without_credentials(done.stderr.strip()),
        )


def settle(venv: Path) -> None:
    """Turns what uv installed below a prefix into a virtual environment of the image's Python."""
    installed = next((venv / "lib").glob("python3*"))
    if installed.name != f"python{PYTHON}":
        installed.rename(installed.with_name(f"python{PYTHON}"))
    # Headers are for compiling, and lie in a folder with the other Python's name.
    shutil.rmtree(venv / "include", ignore_errors=True)
    (venv / ".lock").unlink(missing_ok=True)
    (venv / "pyvenv.cfg").write_text(f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {PYTHON}\n")
    for name in ("python", "python3", f"python{PYTHON}"):
        (venv / "bin" / name).unlink(missing_ok=True)
        (venv / "bin" / name).symlink_to(f"/usr/bin/python{PYTHON}")
    for script in sorted((venv / "bin").iterdir()):
        if not script.is_symlink():
            _point_at_venv(script)
    for record in sorted((venv / SITE_PACKAGES).glob("*.dist-info/RECORD")):
        _mend_record(record)


def _point_at_venv(script: Path) -> None:
    content = script.read_bytes()
    script.write_bytes(_FIRST_LINE.sub(f"#!/{VENV}/bin/python\n".encode(), content, count=1))


def add_start_up(site_packages: Path) -> None:
    """What Python is to do at each start: garbage collection that suits Airflow's imports."""
    for name, content in start_up_files().items():
        (site_packages / name).write_bytes(content)


def start_up_files() -> dict[str, bytes]:
    """By their names in site-packages."""
    return {_START_UP.name: _START_UP.read_bytes(), f"{_START_UP.stem}.pth": f"import {_START_UP.stem}\n".encode()}


def _mend_record(record: Path) -> None:
    """Makes a package's list of files say what they are now: pip and auditors check them by it."""
    with record.open(newline="") as file:
        rows = list(csv.reader(file))
    kept: list[list[str]] = []
    for name, digest, size in rows:
        path = record.parent.parent / name
        if name.startswith("../../../bin/"):
            content = path.read_bytes()
            encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            kept.append([name, f"sha256={encoded}", str(len(content))])
        elif not name.startswith("../../../include/"):
            kept.append([name, digest, size])
    if kept != rows:
        with record.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(kept)


def read_only(info: tarfile.TarInfo) -> None:
    """Root's, for everybody to read: no task can change the Airflow that runs it."""
    info.uid = info.gid = 0
    info.mode = 0o755 if info.isdir() or info.issym() or info.mode & 0o111 else 0o644
