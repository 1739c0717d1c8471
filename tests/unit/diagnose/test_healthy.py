"""A deployment on which everything is as it may be, just so: no finding; and each threshold is what makes it so."""

from __future__ import annotations

from importlib import import_module

import pytest

from airstrip.diagnose import DeploymentFact, Facts, diagnose
from airstrip.diagnose.airflow.facts import (
    AirflowFacts,
    HeartbeatFact,
    ImageFact,
    OverdueFact,
    PoolFact,
    ReaderFact,
    SecretFact,
    TaskFact,
)
from airstrip.diagnose.facts import ClaimFact, ContainerFact, JobFact, NodeFact, PodFact, ProbeFact
from airstrip.diagnose.namespace_facts import (
    AccessFact,
    DnsFact,
    NamespaceFact,
    QuotaFact,
    StuckFact,
    TaskPodFact,
    WorkloadFact,
)
from airstrip.place import DiskFact, FolderFact, PartFact, PlaceFact
from tests.unit.diagnose.cluster_cases import NO_MAP, NO_MOUNT
from tests.unit.diagnose.making import CREATING, event

CONTROL, WORKERS = "airflow", "airflow-workers"
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
WELL = ContainerFact("main", "i", "running", ready=True)
KILLED_LONG_AGO = ContainerFact(
    "main", "i", "running", ready=True, restarts=3, last_reason="OOMKilled", last_exit_code=137, last_ended=601.0
)
BEGUN = ContainerFact("main", "i", "running", restarts=1, log=("boom",), last_exit_code=1)


def pod(component: str, container: ContainerFact, **more: float) -> PodFact:
    age, unready = more.get("age", 900.0), more.get("unready", 0.0)
    return PodFact(
        CONTROL,
        f"{component}-0",
        component,
        f"x/{component}",
        "Running",
        age,
        "n",
        containers=(container,),
        unready=unready,
    )


HEALTHY = Facts(
    deployment=DeploymentFact("airflow", CONTROL, WORKERS, airflow_version="3.3.2", dags_from_git=True),
    collected="2026-01-01T00:00:00+00:00",
    probes=tuple(ProbeFact(name, "ok") for name in ("place", "kubernetes", "components", "airflow", "airflow-work")),
    place=PlaceFact(
        "local",
        "ready",
        disks=(DiskFact("the node's state", "/var/lib/x", 1000 << 20, 9000 << 20, 1000 << 20),),
        folders=(FolderFact("dags", "/home/me/dags", ()), FolderFact("logs", "/var/lib/x/logs", ())),
        lacks=("a program (that nothing needs once it runs)",),
        parts=(PartFact("etcd", "ready", 3),),
    ),
    pods=(
        pod("api-server", KILLED_LONG_AGO),
        pod("dag-processor", WELL),
        # Both begin: one since a moment, the other since two minutes, and was well until a moment ago.
        pod("scheduler", BEGUN, age=119.0, unready=110.0),
        pod("triggerer", BEGUN, age=900.0, unready=19.0),
        PodFact(CONTROL, "young", "task", "", "Pending", 9.0, containers=(CREATING,), claims=("logs",)),
    ),
    events=(event("Pod/young", "FailedMount", NO_MOUNT), event("Pod/young", "FailedMount", NO_MAP)),
    jobs=(JobFact(CONTROL, "migration", "migration", complete=True, failed=False),),
    claims=(ClaimFact(CONTROL, "logs", "Bound", "v"), ClaimFact(CONTROL, "spare", "Pending")),
    nodes=(NodeFact("n", True, clock=29.0, architecture="amd64"),),
    clock=-29.0,
    namespaces=(NamespaceFact(CONTROL, "Active"), NamespaceFact(WORKERS, "Active")),
    quotas=(QuotaFact(WORKERS, "q", "pods", "1", "2", full=False),),
    workloads=tuple(
        WorkloadFact("Deployment", CONTROL, name, name, 1, int(name in ("api-server", "dag-processor")))
        for name in COMPONENTS
    ),
    stuck=(StuckFact("Pod", WORKERS, "going", 10.0),),
    access=(AccessFact("scheduler", "create", "pods", WORKERS, allowed=True),),
    dns=DnsFact(True, 1),
    task_pods=(
        TaskPodFact(WORKERS, "a", False, "Succeeded", 99.0, "etl", "load", "success", 15.0),
        TaskPodFact(WORKERS, "late", False, "Running", 99.0, "etl", "load", "success", 80.0),
        TaskPodFact(WORKERS, "b", True, "Running", 15.0, "etl", "load", "gone"),
        TaskPodFact(WORKERS, "c", True, "Running", 9999.0, "etl", "load", "running"),
        TaskPodFact(WORKERS, "d", True, "Running", 9999.0, "etl", "load", "unknown"),
    ),
    airflow=AirflowFacts(
        version="3.3.2",
        database="healthy",
        ahead=10.0,
        heartbeats=tuple(HeartbeatFact(name, "healthy", 19.9) for name in COMPONENTS[1:]),
        secrets=(SecretFact("airflow-keys", True, ("scheduler",)),),
        readers=(ReaderFact("scheduler", "scheduler-0", "airflow-keys", ("AIRFLOW__API_AUTH__JWT_SECRET",), True),),
        images=tuple(ImageFact(name, "i") for name in COMPONENTS),
        parallelism=8,
        pools=(PoolFact("default_pool", 8, 4, 4, 2), PoolFact("closed", 0), PoolFact("endless", -1, 900, 0, 9)),
        waiting=(
            TaskFact("daily", "r1", "load", "scheduled", 300.0, "default_pool"),
            TaskFact("daily", "r1", "move", "queued", 300.0, "default_pool"),
        ),
        active=8,
        overdue=(OverdueFact("daily", 60.0),),
        admins=1,
    ),
)


def test_a_deployment_on_which_everything_is_as_it_may_be_has_no_finding() -> None:
    assert diagnose(HEALTHY) == []


@pytest.mark.parametrize(
    ("module", "name", "value", "codes"),
    [
        ("access_rules", "_SKEW", 28.0, {"clock.skew"}),
        ("airflow.components", "_CLOCKS_APART", 9.0, {"airflow.clock-skew"}),
        ("airflow.components", "_SILENT_SECONDS", 19.0, {"dag-processor.silent"}),
        ("namespace_rules", "_STUCK", 9.0, {"pod.stuck-terminating"}),
        ("namespace_rules", "_STARTING", 118.0, {"component.not-ready"}),
        ("namespace_rules", "_UNREADY", 18.0, {"component.not-ready"}),
        ("placement", "_PATIENCE", 8.0, {"volume.not-mounted"}),
        ("missing", "_PATIENCE", 8.0, {"config-map.missing"}),
        ("pods", "_RECENT", 602.0, {"pod.oom-killed"}),
        ("task_pods", "_GRACE", 14.0, {"pod.orphan", "pod.left-by-operator"}),
        ("task_pods", "_UPLOADING", 59.0, {"pod.orphan"}),
        ("airflow.work", "LATE", 59.0, {"dag.overdue"}),
        ("airflow.work", "_LONG", 299.0, {"pool.full", "task.queued-long"}),
    ],
)
def test_what_is_just_well_is_so_by_this_threshold(
    monkeypatch: pytest.MonkeyPatch, module: str, name: str, value: float, codes: set[str]
) -> None:
    monkeypatch.setattr(import_module(f"airstrip.diagnose.{module}"), name, value)
    assert {finding.code for finding in diagnose(HEALTHY)} == codes
