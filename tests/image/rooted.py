"""A built image unpacked into a folder, and programs run in it as a container would: read-only root,
its own user, mounts that go with the last process. No container runtime is needed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airstrip.images import BuiltImage

_ENTER = """
set -e
ip link set lo up
mount --bind "$ROOT" "$ROOT"
mount --rbind /dev "$ROOT/dev"
mount -t proc proc "$ROOT/proc"
for pair in $VOLUMES; do mount --bind "${pair%%:*}" "$ROOT${pair#*:}"; done
mount -o remount,ro,bind "$ROOT"
for folder in $EMPTY; do mount -t tmpfs -o mode=1777 tmpfs "$ROOT$folder"; done
exec chroot --userspec="$ID" "$ROOT" /usr/bin/env -i "$@"
"""


def unpack(image: BuiltImage, root: Path) -> dict[str, Any]:
    """Unpacks the layers into `root`, which is made, and returns the image's `config`."""
    root.mkdir()
    blobs = image.layout / "blobs" / "sha256"
    manifest = json.loads((blobs / image.digest.removeprefix("sha256:")).read_bytes())
    for layer in manifest["layers"]:
        archive = blobs / layer["digest"].removeprefix("sha256:")
        subprocess.run(["tar", "-x", "-p", "--numeric-owner", "-C", root, "-f", archive], check=True)
    config = json.loads((blobs / manifest["config"]["digest"].removeprefix("sha256:")).read_bytes())
    return dict(config["config"])


@contextmanager
def running_inside(
    root: Path, config: Mapping[str, Any], argv: Sequence[str], *, log: Path, **others: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """As `run_inside`, beside us and on this machine's own network; both outputs go to `log`."""
    command, settings = _command(root, config, argv, network=(), **others)
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=settings, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def run_inside(
    root: Path,
    config: Mapping[str, Any],
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    volumes: Mapping[Path, str] | None = None,
    empty: Sequence[str] = ("/tmp",),
    timeout: float = 120,
    stdin: bytes = b"",
) -> subprocess.CompletedProcess[str]:
    """Runs `argv` with the image's user and environment; `empty` are writable folders, `volumes` binds."""
    command, settings = _command(root, config, argv, env=env, volumes=volumes, empty=empty)
    done = subprocess.run(command, env=settings, input=stdin, capture_output=True, timeout=timeout, check=False)
    said = (done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
    return subprocess.CompletedProcess(done.args, done.returncode, *said)


def _command(
    root: Path,
    config: Mapping[str, Any],
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    volumes: Mapping[Path, str] | None = None,
    empty: Sequence[str] = ("/tmp",),
    network: Sequence[str] = ("--net",),
) -> tuple[list[str], dict[str, str]]:
    settings = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "ROOT": str(root),
        "ID": config["User"],
        "EMPTY": " ".join(empty),
        "VOLUMES": " ".join(f"{host}:{inside}" for host, inside in (volumes or {}).items()),
    }
    environment = [*config["Env"], *(f"{name}={value}" for name, value in (env or {}).items())]
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *network]
    return [*namespaces, "sh", "-c", _ENTER, "enter", *environment, *argv], settings
