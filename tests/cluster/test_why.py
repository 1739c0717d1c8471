"""Real situations: one DAG file, one run of many tasks, each of which does not run or fails for a reason of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster, pod_log
from airstrip.operations import Session, why
from airstrip.result import AnyResult
from tests.cluster.airflow_web import Web
from tests.cluster.test_slice import publish
from tests.landing import NAME, Landing, eventually

DAGS = ("why", "why_paused", "why_later", "why_runs", "why_tasks", "why_timeout")
QUOTA = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "why"},
    "spec": {"hard": {"pods": "0"}, "scopes": ["Terminating"]},
}
ENDS = {
    **dict.fromkeys(("raises", "eats_memory", "exits", "slow", "no_image", "no_secret", "over_quota"), "failed"),
    **dict.fromkeys(("privileged", "host_network", "pod_fails", "pod_forbidden"), "failed"),
    **dict.fromkeys(("never_begins", "marked", "pod_eats_memory", "pod_without_image"), "failed"),
    "after_raises": "upstream_failed",
    "retried": "up_for_retry",
    "sensor": "up_for_reschedule",
    "deferred": "deferred",
    "fine": "success",
    "not_chosen": "skipped",
    "no_node": "queued",
    "no_slot": "scheduled",
    "no_pool": "scheduled",
    "deleted": "running",
    "pod_waits": "running",
}


@pytest.fixture(scope="module")
def workers(session: Session) -> str:
    return session.spec.namespaces.workers


@pytest.fixture(scope="module")
def web(landing: Landing) -> Iterator[Web]:
    web = Web(landing)
    yield web
    web.close()


@pytest.fixture(scope="module", autouse=True)
def run(landing: Landing, airflow: AirflowClient, cluster: Cluster, web: Web, workers: str) -> Iterator[str]:
    """The run, once every task of it is where it stays; at the end all of it is taken away."""
    try:
        publish(landing, "why.py")
        cluster.apply({**QUOTA, "metadata": {"name": "why", "namespace": workers}})
        web.send("POST", "pools", {"name": "why-none", "slots": 0})
        # A DAG is listed a moment before it can run.
        known = airflow.scheduling.dag
        eventually(lambda: all(known(dag) for dag in DAGS), seconds=30, what="the DAGs are known")
        for dag in set(DAGS) - {"why_paused"}:
            airflow.unpause(dag)
        for dag in ("why_runs", "why_runs", "why_tasks", "why_timeout"):
            airflow.trigger(dag)
        run = airflow.trigger("why").run_id
        eventually(lambda: unsettled(airflow, run) in ({}, {"marked": "running"}), seconds=400, what="tasks settle")
        web.send("PATCH", f"dags/why/dagRuns/{run}/taskInstances/marked", {"new_state": "failed"})
        yield run
    finally:
        cluster.delete("v1", "ResourceQuota", "why", workers)
        (landing.dags / "why.py").unlink(missing_ok=True)
        for dag in {dag.dag_id for dag in airflow.dags()} & set(DAGS):
            end(web, airflow, dag)
        for pod in pods_of_ours(cluster, workers):
            cluster.delete("v1", "Pod", pod, workers, grace_seconds=0)
        web.send("DELETE", "pools/why-none", may_fail=True)
        eventually(lambda: not pods_of_ours(cluster, workers), seconds=30, what="no pod is left")


def end(web: Web, airflow: AirflowClient, dag: str) -> None:
    """A DAG with tasks at work is not deleted, and whoever deletes their pods first has them made anew."""
    web.send("PATCH", f"dags/{dag}", {"is_paused": True})
    for run in airflow.dag_runs(dag):
        if run.state in ("queued", "running"):
            web.send("PATCH", f"dags/{dag}/dagRuns/{run.run_id}", {"state": "failed"})
    web.send("DELETE", f"dags/{dag}")


def pods_of_ours(cluster: Cluster, workers: str) -> list[str]:
    """Of tasks, and of operators in them."""
    labels = {
        pod["metadata"]["name"]: pod["metadata"].get("labels") or {} for pod in cluster.list("v1", "Pod", workers)
    }
    return [name for name, found in labels.items() if found.get("dag_id") in DAGS]


def unsettled(airflow: AirflowClient, run: str) -> dict[str, str | None]:
    now = {task.task_id: task.state for task in airflow.task_instances("why", run)}
    return {name: now.get(name) for name, state in ENDS.items() if now.get(name) != state}


def ask(session: Session, dag: str, task: str | None = None, run: str | None = None, index: int = -1) -> AnyResult:
    result = why(session, dag, task, run_id=run, map_index=index)
    assert result.exit_code == (3 if result.findings else 0)
    assert all(finding.fix for finding in result.findings)
    return result


SITUATIONS = {
    "raises": ("task.exception", "LookupError: no such day: 2026-02-30."),
    "retried": ("task.up-for-retry", "RuntimeError: the warehouse is closed."),
    "sensor": ("task.sensor-waiting", "Its condition does not hold."),
    "deferred": ("task.deferred", "The triggerer has it."),
    "eats_memory": ("pod.oom-killed", "320Mi"),
    "never_begins": ("pod.oom-killed", "100Mi"),
    "pod_eats_memory": ("pod.oom-killed", "limit of its container"),
    "pod_without_image": ("image.missing", "localhost/nowhere:2"),
    "marked": ("task.marked-failed", "by hand"),
    "exits": ("task.exit-code", "no exception reached Airflow"),
    "slow": ("task.timeout", "AirflowTaskTimeout"),
    "no_image": ("image.missing", "localhost/nowhere:1"),
    "no_node": ("pod.unschedulable", "didn't match Pod's node affinity/selector"),
    "no_secret": ("secret.missing", "Secret why-nowhere is not in"),
    "over_quota": ("namespace.quota", "exceeded quota: why"),
    "host_network": ("pod.security-violation", "hostNetwork=true"),
    "privileged": ("pod.refused", "Privileged"),
    "no_slot": ("pool.no-slots", "none of its tasks will ever begin"),
    "no_pool": ("task.pool-missing", "never made"),
    "not_chosen": ("task.skipped", "branch (@task.branch) chose another way."),
    "pod_fails": ("task.pod-failed", "It said last: IN POD."),
    "pod_waits": ("pod.unschedulable", "didn't match Pod's node affinity/selector"),
    "pod_forbidden": ("task.api-refused", 'in the namespace "default"'),
}


@pytest.mark.parametrize("task", SITUATIONS)
def test_a_task_s_cause_is_named_first(session: Session, run: str, task: str) -> None:
    code, words = SITUATIONS[task]
    first = ask(session, "why", task).findings[0]
    assert (first.code, words in f"{first.symptom}: {first.cause}") == (code, True), first


def test_what_failed_before_a_task_is_its_cause(session: Session, run: str) -> None:
    found = ask(session, "why", "after_raises")
    assert [finding.code for finding in found.findings] == ["task.exception", "task.upstream-failed"]
    assert found.data["because"]["task"] == "raises"
    waits = ask(session, "why", "after_no_node")
    assert [finding.code for finding in waits.findings] == ["pod.unschedulable", "task.waits-for-upstream"]


def test_a_task_that_ran_well_has_nothing_wrong(session: Session, run: str) -> None:
    assert ask(session, "why", "fine", run).findings == []


def test_a_mapped_task_waits_for_its_sibling(session: Session, run: str) -> None:
    (waiting,) = [finding for index in (0, 1) for finding in ask(session, "why", "crowded", index=index).findings]
    assert waiting.code == "task.max-active-tis"
    assert re.fullmatch(r"These are at work: why\.crowded\[[01]\]\.", waiting.cause)


@pytest.mark.parametrize(
    ("dag", "code", "cause"),
    [
        ("why_paused", "dag.paused", "paused"),
        ("why_later", "dag.not-started", "2099-01-01 00:00:00 UTC"),
        ("why_runs", "run.max-active-runs", "manual__"),
        ("why_timeout", "run.timed-out", "dagrun_timeout"),
    ],
)
def test_a_dag_s_cause_is_named_first(session: Session, dag: str, code: str, cause: str) -> None:
    first = ask(session, dag).findings[0]
    assert (first.code, cause in first.cause) == (code, True), first


def test_max_active_tasks_is_named_with_who_is_at_work(session: Session) -> None:
    tasks = {name: ask(session, "why_tasks", name).findings[0] for name in ("no_node", "crowded")}
    assert {finding.code for finding in tasks.values()} == {"pod.unschedulable", "task.max-active-tasks"}
    (waiting,) = [finding for finding in tasks.values() if finding.code == "task.max-active-tasks"]
    assert "why_tasks." in waiting.cause


def test_a_pod_that_is_deleted_while_it_runs_is_named(
    session: Session, cluster: Cluster, workers: str, run: str
) -> None:
    (pod,) = [
        pod["metadata"]["name"]
        for pod in cluster.list("v1", "Pod", workers, label_selector="dag_id=why,task_id=deleted")
    ]
    await_watcher(cluster, workers, pod)
    cluster.delete("v1", "Pod", pod, workers, grace_seconds=0)

    def has_failed() -> bool:
        return session.airflow.task_instance("why", run, "deleted").state == "failed"

    eventually(has_failed, seconds=60, what="Airflow sees that the pod is gone")
    first = ask(session, "why", "deleted").findings[0]
    assert (first.code, pod in first.symptom) == ("pod.deleted", True), first


def await_watcher(cluster: Cluster, workers: str, pod: str) -> None:
    """Until Airflow's watcher has heard of this pod just now.

    Where it hears of none for half a minute it begins anew, a second later and with the pods that there are then: one
    that goes in that second it never misses. Its task fails once it has sent no heartbeat for five minutes.
    """

    def heard() -> set[str]:
        said = pod_log(cluster, scheduler, NAME, container="scheduler", since=120)
        return {line for line in said if f"Event: {pod} is Running" in line}

    (scheduler,) = [
        found["metadata"]["name"]
        for found in cluster.list("v1", "Pod", NAME, label_selector="app.kubernetes.io/component=scheduler")
        if "deletionTimestamp" not in found["metadata"]
    ]
    before = heard()
    cluster.patch("v1", "Pod", pod, {"metadata": {"annotations": {"airstrip-test/touched": "yes"}}}, workers)
    eventually(lambda: bool(heard() - before), seconds=60, what="Airflow's watcher hears of the pod")


def test_the_command_line_tells_it_in_a_paragraph_and_in_json(landing: Landing, run: str) -> None:
    done = landing.airstrip("why", "why", "after_raises")
    assert done.returncode == 3, done.stderr
    assert done.stdout.startswith(f"why after_raises ({run}): upstream_failed\n\n! raises failed with an exception")
    assert "cause: LookupError: no such day: 2026-02-30." in done.stdout
    assert f"./airstrip logs why raises --run {run}" in done.stdout
    assert "\nalso:\n  after_raises did not run: raises failed before it" in done.stdout
    assert not re.search(r"eyJ[\w-]{8,}\.", done.stdout)
    document = json.loads(landing.airstrip("why", "why", "raises", "--json").stdout)
    assert (document["exitCode"], document["findings"][0]["code"]) == (3, "task.exception")


def test_a_dag_that_is_not_there_or_cannot_be_imported(landing: Landing, airflow: AirflowClient) -> None:
    done = landing.airstrip("why", "whi", "--json")
    (error,) = json.loads(done.stdout)["errors"]
    assert (done.returncode, error["code"]) == (1, "airflow.dag-not-found")
    broken = landing.dags / "why_broken.py"
    broken.write_text("from airflow.sdk import dag\nimport no_such_module\n\n@dag\ndef why_broken(): ...\n")
    try:
        eventually(lambda: bool(airflow.import_errors()), seconds=30, what="the import error is known")
        done = landing.airstrip("why", "why_broken")
        assert done.returncode == 3
        assert "No module named 'no_such_module'" in done.stdout
    finally:
        broken.unlink()
        eventually(lambda: not airflow.import_errors(), seconds=30, what="the import error is gone")
