"""The node's view of the host's folders, in its own mount namespace."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from . import kernel
from .kernel import MS_BIND, MS_NODEV, MS_NOSUID, MS_PRIVATE, MS_REC, MS_SHARED
from .plan import NodePlan

# kubelet sets these on a host of its own, and leaves them alone where they read as it wants them.
# A laptop that reboots ten seconds after an oops is not ours to make.
_KUBELET_WANTS = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
POD_LOGS = "/var/log/pods"
"""The state's pod-logs as the node sees it: a path that is the same for every node."""
_HIDDEN = (Path("/run"), Path("/var/log"))


def prepare(plan: NodePlan) -> None:
    """Makes this mount namespace the node's. Raises OSError.

    The programs' sockets, locks and logs go to private folders; the host sees only state and
    run folder.
    """
    kernel.mount("none", "/", flags=MS_REC | MS_PRIVATE)
    kernel.mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
    kept = [Path(plan.state_dir), Path(plan.run_dir)]
    for folder in _HIDDEN:
        _hide(folder, kept)
    state = Path(plan.state_dir)
    _bind(state / "kubelet", Path("/var/lib/kubelet"))
    Path(POD_LOGS).mkdir()
    _bind(state / "pod-logs", Path(POD_LOGS))
    kernel.mount("tmpfs", "/var/lib/cni", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700")
    _pretend_settings()
    _link_containerd(Path(plan.run_dir))
    kernel.mount("none", "/", flags=MS_REC | MS_SHARED)
    socket.sethostname(plan.name)


def _hide(folder: Path, kept: list[Path]) -> None:
    """A private tmpfs over the folder, with what we keep in it bound back."""
    resolved = folder.resolve()
    inside = [path for path in kept if path.resolve().is_relative_to(resolved)]
    handles = [(path.resolve(), os.open(path, os.O_PATH)) for path in inside]
    kernel.mount("tmpfs", str(resolved), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
    for path, handle in handles:
        path.mkdir(parents=True, exist_ok=True)
        kernel.mount(f"/proc/self/fd/{handle}", str(path), flags=MS_BIND | MS_REC)
        os.close(handle)


def _bind(source: Path, target: Path) -> None:
    source.mkdir(parents=True, exist_ok=True)
    kernel.mount(str(source), str(target), flags=MS_BIND | MS_REC)


def _pretend_settings() -> None:
    folder = Path("/run/host-settings")
    folder.mkdir(mode=0o700)
    for name, value in _KUBELET_WANTS.items():
        setting = Path("/proc/sys", name)
        if setting.exists():
            copy = folder / name.replace("/", ".")
            copy.write_text(f"{value}\n")
            kernel.mount(str(copy), str(setting), flags=MS_BIND)


def _link_containerd(run_dir: Path) -> None:
    """Where the kubelet's statistics look for containerd, whatever it is configured to use."""
    folder = Path("/run/containerd")
    folder.mkdir()
    (folder / "containerd.sock").symlink_to(run_dir / "containerd.sock")
