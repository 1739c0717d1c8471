"""One case for each rule about machine, node, namespaces, pods, storage and images."""

from __future__ import annotations

from airstrip.diagnose import Facts
from airstrip.diagnose.facts import ClaimFact, NodeFact
from tests.unit.diagnose.making import CREATING, FAILED, MIGRATION, Case, event, pod, waiting

NO_MOUNT = 'MountVolume.SetUp failed for volume "dags" : path does not exist'
EXCEEDED = 'pods "scheduler-x" is forbidden: exceeded quota: small'
VIOLATES = 'pods "scheduler-x" is forbidden: violates PodSecurity "restricted:latest"'
NO_ROOM = "0/1 nodes are available: 1 Insufficient cpu."
NO_CLAIM = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."

CLUSTER_CASES: dict[str, Case] = {
    "node.disk-pressure": (
        Facts(nodes=[NodeFact("n", True, "", ("DiskPressure",))]),
        "node n is short of disk, and evicts pods",
    ),
    "node.not-ready": (Facts(nodes=[NodeFact("n", False, "runtime is down")]), "node n is not ready"),
    "volume.not-bound": (
        Facts(
            pods=[pod("api-server", unschedulable=NO_CLAIM, claims=("logs",))],
            claims=[ClaimFact("airflow", "logs", "Pending", storage_class="fast")],
        ),
        "claim logs in airflow has no volume",
    ),
    "volume.not-mounted": (
        Facts(pods=[pod("api-server", CREATING)], events=[event("Pod/api-server-0", "FailedMount", NO_MOUNT)]),
        "api-server-0 cannot mount a volume",
    ),
    "image.missing": (
        Facts(pods=[pod("scheduler", waiting("ErrImageNeverPull"))]),
        "scheduler-0 cannot get its image localhost/airflow:1",
    ),
    "namespace.quota": (
        Facts(events=[event("ReplicaSet/scheduler-abc", "FailedCreate", EXCEEDED)]),
        "scheduler-abc may not make its pods: the quota of airflow is used up",
    ),
    "pod.security-violation": (
        Facts(events=[event("ReplicaSet/scheduler-abc", "FailedCreate", VIOLATES)]),
        "scheduler-abc may not make its pods: airflow enforces pod security",
    ),
    "pod.unschedulable": (Facts(pods=[pod("scheduler", unschedulable=NO_ROOM)]), "scheduler-0 finds no node"),
    "pod.config-error": (
        Facts(pods=[pod("scheduler", waiting("CreateContainerConfigError", 'secret "airflow-keys" not found'))]),
        "scheduler-0 cannot be started",
    ),
    "job.failed": (Facts(pods=[MIGRATION], jobs=[FAILED]), "Job migration failed"),
    "pod.crash-loop": (
        Facts(pods=[pod("scheduler", waiting("CrashLoopBackOff", restarts=4, last_exit_code=1, log=("boom",)))]),
        "scheduler-0 ends again and again (4 restarts)",
    ),
}
