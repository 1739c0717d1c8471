"""What people do to a landed Airflow: scale, patch, edit Secrets, restart; and what fate does: processes that hang."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from airstrip.kube import Cluster
from tests.cluster.kubectl import kubectl_patch
from tests.cluster.test_bad_luck_processes import container_of, main_process, processes_of
from tests.landing import NAME, eventually

_GRACE = 1
"""Seconds, as the rules' `kubectl delete pod --grace-period=1`."""


def scale(cluster: Cluster, kind: str, name: str, replicas: int) -> None:
    kubectl_patch(cluster, kind, name, {"spec": {"replicas": replicas}})


def secret_values(cluster: Cluster, name: str) -> dict[str, str]:
    secret = cluster.get("v1", "Secret", name, NAME)
    assert secret is not None
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def edit_secret(cluster: Cluster, name: str, **values: str | None) -> None:
    """Keys with underscores for hyphens; None takes a key away."""
    data = {
        key.replace("_", "-"): None if value is None else base64.b64encode(value.encode()).decode()
        for key, value in values.items()
    }
    kubectl_patch(cluster, "Secret", name, {"data": data}, form="merge")


@contextmanager
def secret_kept(cluster: Cluster, name: str) -> Iterator[dict[str, str]]:
    """Its values, which it has again at the end."""
    values = secret_values(cluster, name)
    try:
        yield values
    finally:
        if secret_values(cluster, name) != values:
            edit_secret(cluster, name, **values)


def pods_of(cluster: Cluster, component: str) -> list[dict[str, Any]]:
    pods = cluster.list("v1", "Pod", NAME, label_selector=f"app.kubernetes.io/component={component}")
    return [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def delete_pods(cluster: Cluster, component: str) -> None:
    """As the rules' fix does; its workload makes new ones."""
    for pod in pods_of(cluster, component):
        cluster.delete("v1", "Pod", pod["metadata"]["name"], NAME, grace_seconds=_GRACE)


def restart(cluster: Cluster, component: str) -> None:
    """Returns when the new pod is ready."""
    old = {pod["metadata"]["uid"] for pod in pods_of(cluster, component)}
    delete_pods(cluster, component)

    def is_new() -> bool:
        pods = pods_of(cluster, component)
        statuses = [entry for pod in pods for entry in pod["status"].get("containerStatuses") or []]
        return (
            bool(statuses)
            and not old & {pod["metadata"]["uid"] for pod in pods}
            and all(entry["ready"] for entry in statuses)
        )

    eventually(is_new, seconds=60, what=f"a new {component} is ready")


@contextmanager
def frozen(cluster: Cluster, *components: str) -> Iterator[None]:
    """Their processes get no time; what is left of them at the end goes on."""
    found = [pid for name in components for pid in _processes(cluster, name)]
    assert found
    try:
        for pid in found:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _processes(cluster: Cluster, component: str) -> list[int]:
    return processes_of(container_of(cluster, component)["containerID"].partition("://")[2])


def ask_database(cluster: Cluster, statement: str) -> str:
    """What psql answers in the database's own container."""
    password = secret_values(cluster, "airflow-database")["password"]
    psql = ["psql", "-h", "127.0.0.1", "-U", "airflow", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement, "airflow"]
    done = subprocess.run(
        ["nsenter", "-t", str(_database(cluster)), "-m", "-n", *psql],
        env={"PGPASSWORD": password, "PATH": "/usr/lib/postgresql/15/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_TAKE = """\
import socket, struct, sys, time
start = b"user\\0airflow\\0database\\0airflow\\0\\0"
held = []
for _ in range(int(sys.argv[1])):
    one = socket.create_connection(("127.0.0.1", 5432))
    one.sendall(struct.pack("!II", len(start) + 8, 196608) + start)
    held.append(one)
    time.sleep(0.005)
print("taken", flush=True)
sys.stdin.read()
"""


@contextmanager
def connections_taken(cluster: Cluster, count: int) -> Iterator[None]:
    """Clients that begin to log in and say no more: each has one of the database's connections."""
    command = ["nsenter", "-t", str(_database(cluster)), "-n", "python3", "-c", _TAKE, str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == "taken\n"
            yield
        finally:
            holder.stdin.close()


def _database(cluster: Cluster) -> int:
    pid = main_process(container_of(cluster, "postgresql"))
    assert pid is not None
    return pid


def is_resolved(cluster: Cluster, name: str) -> bool:
    """As the scheduler's container sees it."""
    pid = main_process(container_of(cluster, "scheduler"))
    assert pid is not None
    lookup = ["nsenter", "-t", str(pid), "-m", "-n", "getent", "ahostsv4", name]
    return subprocess.run(lookup, capture_output=True, check=False).returncode == 0


def logs_folder(cluster: Cluster) -> Path:
    """Of the tasks, on this machine."""
    claim = cluster.get("v1", "PersistentVolumeClaim", "logs", NAME)
    assert claim is not None
    volume = cluster.get("v1", "PersistentVolume", claim["spec"]["volumeName"])
    assert volume is not None
    return Path(volume["spec"]["local"]["path"])
