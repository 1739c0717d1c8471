"""One case for each rule about namespaces, pods, storage, images and what was landed."""

from __future__ import annotations

from dataclasses import replace

from airstrip.diagnose import Facts
from airstrip.diagnose.facts import ClaimFact, NodeFact, ProbeFact
from airstrip.diagnose.namespace_facts import (
    AccessFact,
    MissingFact,
    NamespaceFact,
    QuotaFact,
    StuckFact,
    TaskPodFact,
    WorkloadFact,
)
from tests.unit.diagnose.making import (
    CREATING,
    FAILED,
    HERE,
    MIGRATION,
    Case,
    event,
    failing,
    pod,
    refused,
    running,
    waiting,
)

NO_MOUNT = 'MountVolume.SetUp failed for volume "dags" : path does not exist'
NO_ROOM = "0/1 nodes are available: 1 Insufficient cpu."
NO_CLAIM = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
FORBIDDEN = 'pods "scheduler-x" is forbidden: '
EXCEEDED = FORBIDDEN + "exceeded quota: small"
WEBHOOK = 'Internal error occurred: failed calling webhook "guard.example.com": no endpoints available'
ACCOUNT = 'error looking up service account airflow/scheduler: serviceaccount "scheduler" not found'
LIMIT = FORBIDDEN + "maximum memory usage per Container is 64Mi, but limit is 512Mi"
VIOLATES = FORBIDDEN + 'violates PodSecurity "restricted:latest"'
NO_MAP = 'MountVolume.SetUp failed for volume "settings" : configmap "airflow-local-settings" not found'
NO_KEY = "couldn't find key token in Secret airflow/my-login"
NO_MAP_KEY = 'MountVolume.SetUp failed for volume "settings" : configmap references non-existent config key: a.cfg'
DENIED_BY_WEBHOOK = 'admission webhook "guard.example.com" denied the request: no latest'
NO_SECRET = 'secret "airflow-keys" not found'
NO_PULL_SECRET = "Unable to retrieve some image pull secrets (registry-login); attempting to pull may not succeed."
UNAUTHORIZED = 'failed to pull and unpack image "r.example.com/a:1": unexpected status: 401 Unauthorized'
NO_HOST = 'failed to resolve "r.example.com/a:1": dial tcp: lookup r.example.com: no such host'
EXEC_FORMAT = "exec /usr/bin/dumb-init: exec format error"
DENIED = "PermissionError: [Errno 13] Permission denied: '/opt/airflow/logs/dag_id=load'"
NO_NAMES = "socket.gaierror: [Errno -3] Temporary failure in name resolution"
KILLED = replace(waiting("CrashLoopBackOff", restarts=2), last_reason="OOMKilled", last_exit_code=137)
KILLED_BY_PROBE = waiting("CrashLoopBackOff", restarts=4, last_reason="Error", last_exit_code=137, log=("at work",))
UNHEALTHY = event("Pod/scheduler-0", "Unhealthy", "Liveness probe failed: no answer within 5 s")
KILLING = event("Pod/scheduler-0", "Killing", "Container main failed liveness probe, will be restarted")
INIT = replace(waiting("CrashLoopBackOff", restarts=3, last_exit_code=1, log=("not yet",)), name="wait", init=True)

CLUSTER_CASES: dict[str, Case] = {
    "node.disk-pressure": (
        Facts(nodes=[NodeFact("n", True, "", ("DiskPressure",))]),
        "node n is short of disk, and evicts pods",
    ),
    "node.memory-pressure": (
        Facts(nodes=[NodeFact("n", True, "", ("MemoryPressure",))]),
        "node n is short of memory, and evicts pods",
    ),
    "node.pid-pressure": (
        Facts(nodes=[NodeFact("n", True, "", ("PIDPressure",))]),
        "node n is short of process ids, and evicts pods",
    ),
    "node.lost": (
        Facts(nodes=[NodeFact("n", False, "Kubelet stopped posting node status.", lost=True)]),
        "node n says nothing any more",
    ),
    "node.not-ready": (Facts(nodes=[NodeFact("n", False, "runtime is down")]), "node n is not ready"),
    "namespace.absent": (
        Facts(namespaces=[NamespaceFact("airflow", "Active"), NamespaceFact("airflow-workers", "")]),
        "the namespace airflow-workers is not there",
    ),
    "namespace.terminating": (
        Facts(
            namespaces=[NamespaceFact("airflow-workers", "Terminating")],
            stuck=[StuckFact("Namespace", "", "airflow-workers", 60.0, ("kubernetes",))],
        ),
        "the namespace airflow-workers is being deleted",
    ),
    "deployment.not-landed": (
        Facts(deployment=HERE, probes=[ProbeFact("components", "ok")]),
        "Airflow is not on airflow: it has no component",
    ),
    "volume.lost": (
        Facts(claims=[ClaimFact("airflow", "logs", "Lost", "airflow-logs-control", component="logs")]),
        "claim logs in airflow has lost its volume airflow-logs-control",
    ),
    "volume.not-bound": (
        Facts(
            pods=[pod("api-server", unschedulable=NO_CLAIM, claims=("logs",))],
            claims=[ClaimFact("airflow", "logs", "Pending", storage_class="fast", component="logs")],
        ),
        "claim logs in airflow has no volume",
    ),
    "volume.not-mounted": (
        Facts(pods=[pod("api-server", CREATING)], events=[event("Pod/api-server-0", "FailedMount", NO_MOUNT)]),
        "api-server-0 cannot mount a volume",
    ),
    "secret.missing": (
        Facts(pods=[pod("scheduler", waiting("CreateContainerConfigError", NO_SECRET))]),
        "Secret airflow-keys is not in airflow",
    ),
    "config-map.missing": (
        Facts(pods=[pod("scheduler", CREATING)], events=[event("Pod/scheduler-0", "FailedMount", NO_MAP)]),
        "ConfigMap airflow-local-settings is not in airflow",
    ),
    "secret.key-missing": (
        Facts(pods=[pod("scheduler", waiting("CreateContainerConfigError", NO_KEY))]),
        "Secret my-login in airflow lacks token",
    ),
    "config-map.key-missing": (
        Facts(pods=[pod("scheduler", CREATING)], events=[event("Pod/scheduler-0", "FailedMount", NO_MAP_KEY)]),
        "ConfigMap of volume settings of scheduler-0 in airflow lacks a.cfg",
    ),
    "image.wrong-architecture": (
        Facts(pods=[pod("scheduler", failing(EXEC_FORMAT))], nodes=[NodeFact("n", True, architecture="amd64")]),
        "scheduler-0 cannot run its image i",
    ),
    "image.pull-secret-absent": (
        Facts(
            pods=[pod("scheduler", waiting("ImagePullBackOff", UNAUTHORIZED))],
            events=[event("Pod/scheduler-0", "FailedToRetrieveImagePullSecret", NO_PULL_SECRET)],
        ),
        "scheduler-0 cannot get its image: its pull secret is not in airflow",
    ),
    "image.registry-unreachable": (
        Facts(pods=[pod("scheduler", waiting("ErrImagePull", NO_HOST, image="example.com/airflow:1"))]),
        "scheduler-0 cannot get its image example.com/airflow:1: the registry is not reached",
    ),
    "image.login-refused": (
        Facts(pods=[pod("scheduler", waiting("ErrImagePull", UNAUTHORIZED))]),
        "scheduler-0 cannot get its image localhost/airflow:1: the registry refuses",
    ),
    "image.missing": (
        Facts(pods=[pod("scheduler", waiting("ErrImageNeverPull"))]),
        "scheduler-0 cannot get its image localhost/airflow:1",
    ),
    "webhook.unavailable": (
        refused(WEBHOOK),
        "no pod can be made for scheduler-abc: the admission webhook guard.example.com does not answer",
    ),
    "webhook.denied": (
        refused(DENIED_BY_WEBHOOK),
        "no pod can be made for scheduler-abc: the admission webhook guard.example.com refuses it",
    ),
    "account.missing": (refused(ACCOUNT), "ServiceAccount scheduler is not in airflow"),
    "namespace.quota": (
        refused(EXCEEDED),
        "no pod can be made for scheduler-abc: the quota of airflow is used up, or does not let it in",
    ),
    "namespace.limit-range": (
        refused(LIMIT),
        "no pod can be made for scheduler-abc: the limit range of airflow forbids it",
    ),
    "pod.security-violation": (
        refused(VIOLATES),
        "no pod can be made for scheduler-abc: airflow enforces pod security that it does not keep",
    ),
    "pod.unschedulable": (Facts(pods=[pod("scheduler", unschedulable=NO_ROOM)]), "scheduler-0 finds no node"),
    "pod.config-error": (
        Facts(pods=[pod("scheduler", waiting("CreateContainerConfigError", "container has runAsNonRoot"))]),
        "scheduler-0 cannot be started",
    ),
    "access.missing": (
        Facts(missing=[MissingFact("RoleBinding", "airflow-workers", "scheduler")]),
        "RoleBinding scheduler of airflow-workers is not there any more",
    ),
    "access.forbidden": (
        Facts(access=[AccessFact("scheduler", "create", "pods", "airflow-workers", allowed=False)]),
        "scheduler may not create pods in airflow-workers",
    ),
    "object.missing": (
        Facts(missing=[MissingFact("Service", "airflow", "api-server")]),
        "Service api-server of airflow is not there any more",
    ),
    "component.missing": (
        Facts(missing=[MissingFact("Deployment", "airflow", "scheduler")]),
        "Deployment scheduler of airflow is not there any more",
    ),
    "component.scaled-to-zero": (
        Facts(workloads=[WorkloadFact("Deployment", "airflow", "scheduler", "scheduler", 0, 0)]),
        "scheduler is scaled to zero",
    ),
    "pod.oom-killed": (
        Facts(pods=[pod("scheduler", KILLED)]),
        "scheduler-0/main used more memory than its limit allows, and was killed",
    ),
    "volume.permission": (
        Facts(pods=[pod("scheduler", failing(DENIED))]),
        "scheduler-0 may not read or write /opt/airflow/logs/dag_id=load",
    ),
    "dns.not-resolving": (Facts(pods=[pod("scheduler", failing(NO_NAMES))]), "scheduler-0 cannot resolve names"),
    "pod.evicted": (
        Facts(
            pods=[pod("scheduler", phase="Failed", reason="Evicted", message="The node was low on resource: memory.")]
        ),
        "scheduler-0 was evicted from its node",
    ),
    "pod.init-failing": (
        Facts(pods=[pod("scheduler", INIT)]),
        "scheduler-0 does not start: its init container wait fails",
    ),
    "job.failed": (Facts(pods=[MIGRATION], jobs=[FAILED]), "Job migration failed"),
    "pod.probe-failing": (
        Facts(pods=[pod("scheduler", KILLED_BY_PROBE)], events=[UNHEALTHY, KILLING]),
        "the liveness probe of scheduler-0/main fails, so it is ended again and again (4 restarts)",
    ),
    "pod.crash-loop": (
        Facts(pods=[pod("scheduler", waiting("CrashLoopBackOff", restarts=4, last_exit_code=1, log=("boom",)))]),
        "scheduler-0 ends again and again (4 restarts)",
    ),
    "pod.stuck-terminating": (
        Facts(stuck=[StuckFact("Pod", "airflow", "scheduler-0", 90.0, ("example.com/hold",))]),
        "scheduler-0 in airflow should be gone since 90 s",
    ),
    "component.not-ready": (
        Facts(
            pods=[pod("api-server", running(ready=False), age=500.0, unready=60.0)],
            workloads=[WorkloadFact("Deployment", "airflow", "api-server", "api-server", 1, 0)],
        ),
        "api-server: 0 of 1 ready",
    ),
    "pod.left-by-operator": (
        Facts(
            task_pods=[
                TaskPodFact("airflow-workers", "spark-1", True, "Running", 99.0, "etl", "spark", "success", 90.0)
            ]
        ),
        "1 pod of pod operators in airflow-workers outlived their tasks",
    ),
    "pod.orphan": (
        Facts(task_pods=[TaskPodFact("airflow-workers", "load-1", False, "Succeeded", 99.0, "etl", "load", "gone")]),
        "1 task pod in airflow-workers outlived their tasks",
    ),
    "probe.forbidden": (
        Facts(
            probes=[
                ProbeFact("pods", "ok", "forbidden in airflow-workers", forbidden=("airflow-workers",)),
                ProbeFact("DNS", "ok"),
                ProbeFact("events", "ok", "forbidden in airflow-workers", forbidden=("airflow-workers",)),
            ]
        ),
        "of airflow-workers these could not be looked at: pods, events",
    ),
    "probe.failed": (
        Facts(probes=[ProbeFact("quotas", "failed", "no answer within 7 s")]),
        "quotas could not be looked at: no answer within 7 s",
    ),
}

FULL = QuotaFact("airflow-workers", "small", "pods", "2", "2", full=True)
