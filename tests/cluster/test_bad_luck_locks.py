"""Locks of the dead, clocks that differ, kubeconfigs that are wrong: `up` goes on, or says what to do."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from airstrip.kube import Cluster
from airstrip.kube.holder import Holder
from airstrip.paths import lock_file
from airstrip.targets.local.node import LocalNode
from tests.landing import NAME, Landing

DAY = 86400.0
API_VERSION = "coordination.k8s.io/v1"


def lease(holder: Holder, renewed: float, seconds: int) -> dict[str, Any]:
    """The lock as another Airstrip wrote it, `renewed` seconds from now by its own clock."""
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=renewed)
    at = then.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {
        "apiVersion": API_VERSION,
        "kind": "Lease",
        "metadata": {"name": "airstrip", "namespace": NAME, "annotations": {"airstrip.dev/purpose": "up"}},
        "spec": {"holderIdentity": str(holder), "leaseDurationSeconds": seconds, "acquireTime": at, "renewTime": at},
    }


def dead_process() -> Holder:
    """A process of this machine that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    here = Holder.this_process()
    return Holder(here.host, process.pid, "1", here.space)


ELSEWHERE = Holder("another-machine", 77, "1", "another-kernel:1")


@pytest.mark.parametrize(
    ("holder", "renewed", "seconds"),
    [(dead_process(), DAY, 3600), (ELSEWHERE, DAY, 2), (ELSEWHERE, -DAY, 2)],
    ids=["a dead process of this machine", "a clock a day ahead", "a clock a day behind"],
)
def test_the_lease_of_the_dead_is_taken_over(
    landing: Landing, cluster: Cluster, holder: Holder, renewed: float, seconds: int
) -> None:
    cluster.create(lease(holder, renewed, seconds))
    landing.ok("up", "--yes", timeout=60)
    assert cluster.get(API_VERSION, "Lease", "airstrip", NAME) is None


def test_the_lease_of_a_living_one_is_refused_though_its_clock_is_a_day_behind(
    landing: Landing, cluster: Cluster
) -> None:
    """Whether it lives is judged by its renewals coming, not by what they say."""
    cluster.create(lease(ELSEWHERE, -DAY, 15))
    try:
        with renewing(cluster):
            done = landing.airstrip("up", "--yes", "--json", timeout=60)
    finally:
        cluster.delete(API_VERSION, "Lease", "airstrip", NAME)
    assert done.returncode == 1
    (error,) = json.loads(done.stdout)["errors"]
    assert error["code"] == "lock.held"
    assert "process 77 on another-machine" in error["cause"]


@contextmanager
def renewing(cluster: Cluster) -> Iterator[None]:
    """As its holder would."""
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(0.3):
            at = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            cluster.patch(API_VERSION, "Lease", "airstrip", {"spec": {"renewTime": at}}, NAME)

    thread = threading.Thread(target=renew)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)


HOLD = """
import pathlib, sys
from airstrip.file_lock import file_lock
with file_lock(pathlib.Path(sys.argv[1]), "airflow"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_lock_file_of_a_dead_process_holds_nobody_up(landing: Landing) -> None:
    path = lock_file(NAME)
    argv = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        refused = landing.airstrip("up", "--yes", "--json", timeout=60)
        (error,) = json.loads(refused.stdout)["errors"]
        assert error["code"] == "lock.held"
        assert f"pid {holder.pid}" in error["cause"]
        holder.kill()
    assert path.read_text() == f"pid {holder.pid}\n"
    landing.ok("up", "--yes", timeout=60)


def test_the_user_s_own_kubeconfig_does_not_matter(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "kubeconfig"
    foreign.write_text("neither: [yaml")
    monkeypatch.setenv("KUBECONFIG", str(foreign))
    assert landing.data("plan")["changed"] is False
    landing.ok("up", "--yes")


@pytest.mark.parametrize("wrong", ["broken", "another authority"])
def test_a_kubeconfig_that_is_wrong_is_named_and_written_anew_by_up(landing: Landing, wrong: str) -> None:
    path = LocalNode(NAME).kubeconfig()
    right = path.read_text()
    document = json.loads(right)
    document["clusters"][0]["cluster"]["certificate-authority-data"] = document["users"][0]["user"][
        "client-certificate-data"
    ]
    path.write_text("neither: [yaml" if wrong == "broken" else json.dumps(document))
    done = landing.airstrip("logs", "scheduler", "--json")
    assert done.returncode == 1
    (error,) = json.loads(done.stdout)["errors"]
    code = "kubernetes.kubeconfig-invalid" if wrong == "broken" else "kubernetes.certificate-untrusted"
    assert error["code"] == code
    assert "./airstrip up" in error["fix"]
    landing.ok("up", "--yes")
    assert path.read_text() == right
    assert path.stat().st_mode & 0o777 == 0o600
