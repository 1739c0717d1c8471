"""One case for each reason, in the order of the chain: the code, the facts, and what its cause says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airstrip.airflow_api import Backfill, DagRun
from airstrip.diagnose.airflow.facts import ImportErrorFact
from airstrip.diagnose.facts import ClaimFact, Facts, NodeFact
from airstrip.diagnose.why import WhyFacts
from airstrip.diagnose.why.facts import ActiveTasks
from tests.unit.diagnose.why.making import (
    DAG,
    KEY,
    NOW,
    RUN,
    TASK,
    WORKERS,
    beat,
    before,
    event,
    facts,
    gone,
    logged,
    noted,
    pool,
    raised,
    there,
    unmet,
    waiting,
)

QUEUED = replace(RUN, state="queued")
BACKFILL = replace(QUEUED, run_type="backfill")
AT_WORK = [replace(TASK, task_id=f"t{number}", state="queued") for number in range(7)]
FULL = ActiveTasks(7, [f"d.t{number}" for number in range(7)])
QUOTA = 'pods "d-load-x1" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0'
SECURITY = 'pods "d-load-x1" is forbidden: violates PodSecurity "restricted:latest": privileged'
LIMIT = 'pods "d-load-x1" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi'
WEBHOOK = 'Internal error occurred: failed calling webhook "guard.example.com": no endpoints available'
DENIED = 'admission webhook "guard.example.com" denied the request: no latest'
NO_ACCOUNT = 'error looking up service account w/nobody: serviceaccount "nobody" not found'
ENDING = 'pods "d" is forbidden: unable to create new content in namespace w because it is being terminated'
NO_RIGHT = 'pods is forbidden: User "system:serviceaccount:air:scheduler" cannot create resource "pods" in API group ""'
INVALID = 'Pod "d" is invalid: spec.containers[0].image: Invalid value: " "'
NO_CLAIM = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
FOREIGN = "no match for platform in manifest: not found"
NO_PULL_SECRET = "Unable to retrieve some image pull secrets (registry-login); attempting to pull may not succeed."
NO_LOGIN = 'Failed to pull image "r.example.com/a:1": unexpected status from HEAD request: 401 Unauthorized'
NO_REGISTRY = 'Failed to pull image "r.example.com/a:1": dial tcp: lookup r.example.com: no such host'
ENDED_EARLY = f"{KEY} finished with state failed, but the task instance's state attribute is queued."
REFUSAL = "[Try 1 of 5] Kube ApiException for Task: (KEY). Reason: 'Forbidden'. Message: "
MISMATCH = "Executor reported that the task instance finished with state failed, but its state is queued. Extra info: "
PROBE_FAILED = "Container base failed liveness probe"
FAILED_IN_POD = (
    "Task d.load.1 failed in pod airflow-workers/d-load-x1. Pod phase: Failed, reason: {reason}, message: {said}, "
    "container_type: main, container_name: base, container_state: terminated, container_reason: {ended}, "
    "container_message: None, exit_code: {code}"
)


def refused(message: str) -> dict[str, Any]:
    return {"scheduler_log": (REFUSAL.replace("KEY", KEY) + message,)}


def failed_in_pod(ended: str = "Error", code: int = 1, reason: str = "None", said: str = "None") -> dict[str, Any]:
    return {"scheduler_log": (FAILED_IN_POD.format(reason=reason, said=said, ended=ended, code=code),)}


def broken(message: str) -> WhyFacts:
    return facts(import_error=ImportErrorFact("d.py", "main", message))


def ended(run: DagRun = RUN, state: str = "failed", duration: float | None = None) -> dict[str, Any]:
    return {"run": replace(run, state=state, duration=duration)}


def claiming(*claims: ClaimFact) -> dict[str, Any]:
    """A pod that waits for its claim."""
    return {"cluster": replace(there(unschedulable=NO_CLAIM, claims=("scratch",))["cluster"], claims=claims)}


def upstream(state: str | None, asked: str | None) -> WhyFacts:
    """What was asked about is `load`; before it, `extract` is in a state."""
    extract, load = replace(TASK, task_id="extract", state=state), replace(TASK, state=asked)
    return facts(asked, task=extract, asked=load, tasks=(extract, load), pods=())


CASES: list[tuple[str, WhyFacts, str]] = [
    ("scheduler.silent", facts(**beat("scheduler")), "nothing is scheduled"),
    ("dags.missing-provider", broken("ModuleNotFoundError: No module named 'airflow.providers.x'"), "not installed"),
    ("dags.missing-package", broken("ModuleNotFoundError: No module named 'pandas'"), "not in the image"),
    ("dags.import-error", broken("NameError: x"), "NameError: x."),
    ("dag.stale", before(is_stale=True), "d.py"),
    ("dag.paused", facts(dag=replace(DAG, is_paused=True)), ""),
    ("dag.ended", before(end_date="2026-01-01T00:00:00Z"), "2026-01-01 00:00:00 UTC"),
    ("dag.not-started", before(start_date="2027-01-01T00:00:00Z"), "2027-01-01 00:00:00 UTC"),
    ("dag.not-due", before(next_run_after="2026-11-22T00:00:00Z"), "2026-11-22 00:00:00 UTC. catchup is off"),
    ("dag.overdue", before(next_run_after="2026-11-21T00:00:00Z"), ""),
    ("dag.no-schedule", before(schedule=""), "no schedule"),
    ("run.not-due", facts(run=replace(QUEUED, run_after="2026-11-22T00:00:00Z"), task=None), "2026-11-22"),
    (
        "run.max-active-runs",
        facts(run=QUEUED, task=None, asked=None, dag=replace(DAG, max_active_runs=1), running_runs=("before",)),
        "before",
    ),
    ("run.backfill-paused", facts(run=BACKFILL, task=None, asked=None, backfill=Backfill(True, 9)), "paused"),
    (
        "run.backfill-full",
        facts(run=BACKFILL, task=None, asked=None, backfill=Backfill(False, 1), running_runs=("before",)),
        "before",
    ),
    ("run.timed-out", facts("skipped", **ended(duration=6.1), dag=replace(DAG, run_timeout="PT5S")), "PT5S"),
    ("run.queued", facts(run=QUEUED, task=None, asked=None), ""),
    ("run.failed", facts(**ended(), task=None, asked=None, tasks=()), "by hand"),
    ("task.pool-missing", facts(**unmet("Pool Slots Available", "Tasks using non-existent pool 'x'")), "never made"),
    ("pool.no-slots", facts("scheduled", pool=pool(0, 0)), "none of its tasks will ever begin"),
    ("task.pool-too-small", facts(task=replace(TASK, pool_slots=2), pool=pool(1, 0)), "for ever"),
    ("pool.full", facts("scheduled", pool=pool(7, 7), in_pool=FULL), "do not end: d.t0, d.t1"),
    ("task.max-active-tasks", facts(dag=replace(DAG, max_active_tasks=7), tasks=AT_WORK), "d.t4 and 2 more."),
    (
        "task.max-active-tis",
        facts(**unmet("Task Concurrency", "Reached."), tasks=(*AT_WORK, replace(TASK, state="running", map_index=2))),
        "These are at work: d.load[2].",
    ),
    ("task.depends-on-past", facts(**unmet("Previous Dagrun State", "depends_on_past is true")), "depends_on_past"),
    ("task.not-its-date", facts(**unmet("Logical Date", "is in the future")), "future"),
    ("executor.full", facts("scheduled", parallelism=7, everywhere=FULL), "d.t0"),
    ("task.not-scheduled", facts("scheduled"), "scheduler has not come to it"),
    ("task.removed", facts("removed"), "changed"),
    ("task.restarting", facts("restarting"), "cleared"),
    ("task.skipped", facts("skipped", **raised("AirflowSkipException: nothing to do")), "nothing to do"),
    (
        "task.up-for-retry",
        facts("up_for_retry", task=replace(TASK, state="up_for_retry", end_date=NOW, max_tries=2), **raised("E: no")),
        "E: no.",
    ),
    ("triggerer.silent", facts("deferred", **beat("triggerer")), "deferred tasks wait"),
    ("task.deferred", facts("deferred", task=replace(TASK, state="deferred", trigger="a.T")), "No triggerer"),
    (
        "task.sensor-waiting",
        facts("up_for_reschedule", **logged("2026-11-21T11:59:59.000000Z INFO Poking for file x")),
        "Poking for file x.",
    ),
    ("node.lost", facts("queued", cluster=Facts(nodes=[NodeFact("n", False, "no word", lost=True)])), "no word."),
    ("node.not-ready", facts("queued", cluster=Facts(nodes=[NodeFact("n", False, "down")])), "down."),
    ("webhook.unavailable", facts("failed", **refused(WEBHOOK)), "no endpoints available"),
    ("webhook.denied", facts("failed", **refused(DENIED)), "no latest"),
    ("namespace.quota", facts("queued", **refused(QUOTA)), "limited: pods=0."),
    ("namespace.limit-range", facts("failed", **refused(LIMIT)), "maximum memory usage"),
    ("pod.security-violation", facts("failed", **noted("state mismatch", f"{MISMATCH}body: {SECURITY}")), "privileged"),
    ("account.missing", facts("failed", **refused(NO_ACCOUNT)), "never made there"),
    ("namespace.terminating", facts("failed", **refused(ENDING)), "until it is gone"),
    ("access.forbidden", facts("failed", **refused(NO_RIGHT)), "RoleBinding"),
    ("pod.refused", facts("failed", **refused(INVALID)), "Invalid value"),
    (
        "volume.lost",
        facts("queued", **claiming(ClaimFact(WORKERS, "scratch", "Lost", "v"))),
        "Somebody deleted the PersistentVolume",
    ),
    (
        "volume.not-bound",
        facts("queued", **claiming(ClaimFact(WORKERS, "scratch", "Pending", storage_class="fast"))),
        "storage class fast.",
    ),
    (
        "secret.missing",
        facts("failed", **gone(event("Failed", 'Error: secret "nope" not found'))),
        "d-load-x1 cannot start without it",
    ),
    (
        "secret.key-missing",
        facts("failed", **gone(event("Failed", "Error: couldn't find key token in Secret airflow-workers/my-login"))),
        "d-load-x1 cannot start",
    ),
    (
        "config-map.missing",
        facts("queued", **gone(event("FailedMount", 'failed for volume "x" : configmap "nope" not found'))),
        "pods that read it",
    ),
    (
        "config-map.key-missing",
        facts("failed", **gone(event("Failed", "Error: couldn't find key a in ConfigMap airflow-workers/mine"))),
        "d-load-x1 cannot start",
    ),
    (
        "volume.not-mounted",
        facts("queued", **gone(event("FailedMount", 'MountVolume.SetUp failed for volume "x": no such claim'))),
        "no such claim.",
    ),
    ("image.wrong-architecture", facts("queued", **there(waiting("ErrImagePull", FOREIGN))), "another architecture"),
    (
        "image.pull-secret-absent",
        facts("failed", **gone(event("FailedToRetrieveImagePullSecret", NO_PULL_SECRET), event("Failed", NO_LOGIN))),
        "registry-login",
    ),
    ("image.registry-unreachable", facts("failed", **gone(event("Failed", NO_REGISTRY))), "no such host"),
    ("image.login-refused", facts("failed", **gone(event("Failed", NO_LOGIN))), "401 Unauthorized"),
    ("image.missing", facts("queued", **there(waiting("ErrImagePull", "no such image"))), "no such image."),
    (
        "pod.unschedulable",
        facts("queued", **there(unschedulable="0/1 nodes are available: 1 node(s) didn't match node selector.")),
        "didn't match",
    ),
    (
        "pod.config-error",
        facts("queued", **there(waiting("CreateContainerConfigError", "container has runAsNonRoot"))),
        "runAsNonRoot",
    ),
    ("task.queued", facts("queued"), "not made yet"),
    ("pod.oom-killed", facts("failed", **failed_in_pod("OOMKilled", 137)), "limit"),
    ("pod.evicted", facts("failed", **failed_in_pod(reason="Evicted", said="The node was low on memory")), "low on"),
    (
        "pod.probe-failing",
        facts("failed", **gone(event("Unhealthy", "Liveness probe failed: x"), event("Killing", PROBE_FAILED))),
        "Liveness probe failed: x.",
    ),
    ("task.node-lost", facts("failed", **failed_in_pod(reason="NodeShutdown", said="going down")), "going down."),
    (
        "pod.deleted",
        facts("failed", scheduler_log=("Event: Pod d-load-x1 deleted before it could complete, annotations: x",)),
        "Somebody",
    ),
    ("task.stuck-in-queue", facts("failed", **noted("stuck in queued tries exceeded", "x")), "12:00:00"),
    ("task.heartbeat-timeout", facts("failed", **noted("heartbeat timeout", "x")), "12:00:00"),
    (
        "task.token-expired",
        facts("failed", **logged("ServerResponseError: Invalid auth token: Signature has expired")),
        "execution_api.jwt_expiration_time",
    ),
    ("task.token-refused", facts("failed", **logged("ServerResponseError: Invalid auth token: Signature")), "key"),
    (
        "task.commit-gone",
        facts("failed", **raised(f"AirflowException: Version {'f' * 40} not found in the repository")),
        "A forced push",
    ),
    (
        "task.api-refused",
        facts("failed", **raised("ApiException: (403)", "Reason: Forbidden", 'body: {"message":"pods is denied"}')),
        "pods is denied.",
    ),
    ("task.timeout", facts("failed", **raised("AirflowTaskTimeout: Timeout, PID: 9")), "PID: 9."),
    (
        "task.pod-failed",
        facts("failed", **raised("AirflowException: Pod p-1 returned a failure.", "{'exit_code': 42,")),
        "It said nothing.",
    ),
    ("task.exception", facts("failed", **raised("ValueError: no such day")), "ValueError: no such day."),
    (
        "task.exit-code",
        facts("failed", **logged("2026-11-21T11:59:59.000000Z WARNING Process exited abnormally exit_code=42")),
        "by itself",
    ),
    ("task.marked-failed", facts("failed", **noted("patch_task_instance", '{"new_state": "failed"}', "ada")), "hand"),
    ("task.ended-early", facts("failed", scheduler_log=(ENDED_EARLY,)), "could not write its log"),
    ("task.failed", facts("failed"), "Neither"),
    ("task.upstream-failed", upstream(None, "upstream_failed"), "all_success"),
    ("task.waits-for-upstream", upstream("running", None), "extract (running)."),
]
