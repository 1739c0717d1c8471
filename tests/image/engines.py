"""Debian's own Docker and Podman, as scripts/test unpacks them: in folders of a test's own, with nothing left behind.

No bridge, no rules, no service: the daemon is in mount and process namespaces of its own, and what it makes of control
groups is below one that the test takes away.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_CGROUP = "airstrip-test-engine"
_PATIENCE = 30.0


def programs() -> Path:
    """Where scripts/test has put what this machine lacks of Docker and Podman."""
    named = os.environ.get("AIRSTRIP_TEST_ENGINES")
    if not named:
        pytest.fail("AIRSTRIP_TEST_ENGINES is not set: run these tests by scripts/test")
    return Path(named)


def _search(folder: Path) -> dict[str, str]:
    libraries = [str(path) for path in folder.glob("usr/lib/*-linux-gnu")]
    path = f"{folder}/usr/bin:{folder}/usr/sbin:{os.environ['PATH']}"
    return {"PATH": path, "LD_LIBRARY_PATH": ":".join(libraries)}


@contextmanager
def running_docker(folder: Path) -> Iterator[Mapping[str, str]]:
    """The environment in which `docker` is Debian's client and talks to a daemon in `folder`, which is made."""
    folder.mkdir()
    environment = {**_search(programs()), "DOCKER_HOST": f"unix://{folder}/docker.sock"}
    before = left_by(folder)
    daemon = subprocess.Popen(
        [
            *("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"),
            *("dockerd", f"--host=unix://{folder}/docker.sock", f"--data-root={folder}/data"),
            *(f"--exec-root={folder}/exec", f"--pidfile={folder}/pid", f"--cgroup-parent=/{_CGROUP}"),
            *("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false"),
        ],
        env={**os.environ, **environment, "DOCKER_CONFIG": str(folder)},
        stdout=(log := (folder / "log").open("wb")),
        stderr=log,
    )
    try:
        _await(folder, daemon, environment)
        yield {**environment, "DOCKER_CONFIG": str(folder)}
    finally:
        daemon.kill()
        daemon.wait()
        log.close()
        _remove_control_groups(folder, before)
    assert left_by(folder) == before


def _await(folder: Path, daemon: subprocess.Popen[bytes], environment: Mapping[str, str]) -> None:
    end = time.monotonic() + _PATIENCE
    asked = ["docker", "version"]
    while subprocess.run(asked, env={**os.environ, **environment}, capture_output=True, check=False).returncode != 0:
        if daemon.poll() is not None or time.monotonic() > end:
            pytest.fail(f"dockerd does not answer:\n{(folder / 'log').read_text()[-3000:]}")
        time.sleep(0.1)


def left_by(folder: Path) -> dict[str, set[str]]:
    """What an engine could leave behind, as others work on this machine too: mounts, its link, control groups."""
    groups = (Path(root) for root, _, _ in os.walk("/sys/fs/cgroup"))
    mounts = {line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()}
    return {
        "mounts": {path for path in mounts if path.startswith(f"{folder}/")},
        "links": {path.name for path in Path("/sys/class/net").iterdir() if path.name == "docker0"},
        "control groups": {str(path) for path in groups if "docker" in path.parts or _CGROUP in path.parts},
    }


def _remove_control_groups(folder: Path, before: Mapping[str, set[str]]) -> None:
    """The deepest first; those of whom nobody is in any more."""
    for group in sorted(left_by(folder)["control groups"] - before["control groups"], reverse=True):
        with suppress(OSError):
            Path(group).rmdir()


_PODMAN = """#!/bin/sh
# Its libraries are looked for where they would be installed: by what it starts without our environment, too.
exec unshare --mount --propagation private sh -c '
mount -t overlay -o lowerdir=$0/usr:/usr,index=off overlay /usr && exec /usr/bin/podman "$@"' ENGINES "$@"
"""


@contextmanager
def usable_podman(folder: Path) -> Iterator[Mapping[str, str]]:
    """The environment in which `podman` is Debian's, with its storage and settings in `folder`, which is made.

    Each call has mounts of its own, and its builds run in a chroot: no runtime, no control group.
    """
    own = folder / "home" / ".config" / "containers"
    own.mkdir(parents=True)
    (own / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}\n')
    (own / "registries.conf").write_text("")
    (own / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/data"\nrunroot = "{folder}/run"\n'
    )
    (own / "containers.conf").write_text(
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\nlock_type = "file"\n'
        f'tmp_dir = "{folder}/tmp"\nvolume_path = "{folder}/volumes"\n'
    )
    podman = folder / "bin" / "podman"
    podman.parent.mkdir()
    podman.write_text(_PODMAN.replace("ENGINES", str(programs())))
    podman.chmod(0o755)
    before = left_by(folder)
    yield {
        "PATH": f"{podman.parent}:{os.environ['PATH']}",
        "HOME": str(folder / "home"),
        "CONTAINERS_CONF": str(own / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(own / "storage.conf"),
        "CONTAINERS_REGISTRIES_CONF": str(own / "registries.conf"),
        "BUILDAH_ISOLATION": "chroot",
    }
    assert left_by(folder) == before
