"""Each of Airflow's processes and the database, killed by -9: they come back by themselves."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airstrip.kube import Cluster
from tests.landing import NAME, Landing, eventually

COMPONENTS = ("postgresql", "scheduler", "dag-processor", "triggerer", "api-server")


def container_of(cluster: Cluster, component: str) -> dict[str, Any]:
    """The status of the component's one container; a pod that is about to end counts no more."""
    pods = cluster.list("v1", "Pod", NAME, label_selector=f"app.kubernetes.io/component={component}")
    (pod,) = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    (container,) = pod["status"]["containerStatuses"]
    return dict(container)


def main_process(container: dict[str, Any]) -> int | None:
    """The component itself: the oldest child of the container's init, or its only process."""
    found = sorted(processes_of(container["containerID"].partition("://")[2]), key=started)
    if not found:
        return None
    return found[1] if len(found) > 1 and "tini" in name_of(found[0]) else found[0]


def processes_of(container_id: str) -> list[int]:
    """By their control groups, which are named after their container."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and container_id in (entry / "cgroup").read_text():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text()


def started(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


# tests/destroy kills all at once each time.
@pytest.mark.slow
def test_every_component_that_is_killed_comes_back(landing: Landing, cluster: Cluster) -> None:
    """One after the other, each once the one before it was started anew."""
    for component in COMPONENTS:
        # Without the database a component may be about to start anew by itself.
        eventually(ready(cluster, component), seconds=90, what=f"{component} is ready")
        before = container_of(cluster, component)
        pid = main_process(before)
        assert pid is not None, f"no process of {component} is on this machine"
        os.kill(pid, signal.SIGKILL)
        eventually(restarted(cluster, component, before["restartCount"]), seconds=60, what=f"{component} is restarted")
    for component in COMPONENTS:
        eventually(ready(cluster, component), seconds=90, what=f"{component} is ready")
    landing.ok("run", "smoke")
    assert landing.data("plan")["changed"] is False


def restarted(cluster: Cluster, component: str, restarts: int) -> Callable[[], bool]:
    return lambda: bool(container_of(cluster, component)["restartCount"] > restarts)


def ready(cluster: Cluster, component: str) -> Callable[[], bool]:
    def is_ready() -> bool:
        now = container_of(cluster, component)
        return bool(now["ready"]) and main_process(now) is not None

    return is_ready
