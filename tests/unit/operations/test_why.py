"""What is explained of what was asked, and what is said where Airflow is silent."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.diagnose import DeploymentFact, Look, SecretValues
from airstrip.diagnose.facts import ContainerFact, Facts, PodFact, ProbeFact
from airstrip.errors import AirflowError, AirstripError, KubernetesError, NodeError, UsageError
from airstrip.kube import Cluster
from airstrip.operations import Session, why
from airstrip.result import AnyResult
from airstrip.spec import Dags, Database

SETTLED = {"operator": "@task", "start_date": "2026-11-21T05:11:12Z", "end_date": "2026-11-21T05:11:13Z"}
TRACE = {"exc_type": "ValueError", "exc_value": "no such day", "frames": [{"filename": "d.py", "lineno": 9}]}
LOG = {"content": [{"event": "Task failed", "timestamp": SETTLED["end_date"], "error_detail": [TRACE]}]}
CRASHED = ContainerFact("api-server", "i", "waiting", "CrashLoopBackOff", restarts=4)
BROKEN = Facts(pods=(PodFact("air", "api-server-1", "api-server", "", "Running", 60.0, containers=(CRASHED,)),))


def row(task: str, state: str | None, index: int = -1, number: int = 1) -> dict[str, Any]:
    identity = {"dag_id": "d", "dag_run_id": "r", "task_id": task, "map_index": index}
    return {**identity, "try_number": number, "max_tries": 0, "state": state, **SETTLED}


@dataclass
class Fake:
    """An Airflow with one DAG, `e` before `l`, and a cluster without pods."""

    rows: list[dict[str, Any]] = field(default_factory=lambda: [row("e", "failed"), row("l", "upstream_failed")])
    run: str | None = "failed"
    dag: dict[str, Any] | None = field(default_factory=lambda: {"dag_id": "d", "relative_fileloc": "d.py"})
    errors: dict[str, str] = field(default_factory=dict)
    log: dict[str, Any] = field(default_factory=lambda: LOG)
    silent: httpx.Response | Exception | None = None
    folder: Path | None = None
    executor: str = "kubernetes"
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str) -> dict[str, Any] | None:
        run = {"dag_id": "d", "dag_run_id": "r", "state": self.run, "run_type": "manual"}
        tasks = [{"task_id": "e", "downstream_task_ids": ["l"]}, {"task_id": "l"}]
        errors = [{"filename": file, "stack_trace": text} for file, text in self.errors.items()]
        dags = [{"dag_id": "d", "is_paused": False}] if self.dag else []
        answers: dict[str, dict[str, Any] | None] = {
            "dags": {"dags": dags, "total_entries": len(dags)},
            "dags/d/details": self.dag,
            "dags/d/tasks": {"tasks": tasks},
            "dags/d/dagRuns": {"dag_runs": [run] if self.run else []},
            "dags/d/dagRuns/r": run if self.run else None,
            "dags/d/dagRuns/r/taskInstances": {"task_instances": self.rows, "total_entries": len(self.rows)},
            "dags/d/dagRuns/r/taskInstances/e/logs/1": self.log,
            "dags/d/dagRuns/r/taskInstances/m/logs/1": self.log,
            "dags/~/dagRuns/~/taskInstances": {"task_instances": [], "total_entries": 0},
            "eventLogs": {"event_logs": []},
            "importErrors": {"import_errors": errors, "total_entries": len(errors)},
            "monitor/health": {"scheduler": {"status": "healthy"}},
        }
        return answers.get(path)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if isinstance(self.silent, Exception):
            raise self.silent
        if self.silent is not None:
            return self.silent
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        self.asked.append(request.url.path.removeprefix("/api/v2/"))
        body = self.answer(self.asked[-1])
        if body is not None and "/logs/" in request.url.path:
            return httpx.Response(200, text="\n".join(json.dumps(entry) for entry in body["content"]))
        return httpx.Response(404, json={"detail": "no"}) if body is None else httpx.Response(200, json=body)

    def session(self) -> Session:
        spec = SimpleNamespace(
            name="air",
            namespaces=SimpleNamespace(control="air", workers="air-workers"),
            task_namespaces=("air-workers",),
            dags=Dags(path=self.folder),
            database=Database(),
            airflow=SimpleNamespace(version="3.3.2", config={}, executor=self.executor),
            components={},
        )
        client = AirflowClient("http://localhost:1", "airstrip", "x", http=httpx.MockTransport(self))
        cluster = SimpleNamespace(list=lambda *_, **__: [])
        connected = {"cluster": cluster, "read_secret": lambda name: {}, "airflow_as": lambda *_, timeout: client}
        return cast("Session", SimpleNamespace(spec=spec, **connected))

    def why(self, task: str | None = None, run: str | None = None, index: int = -1) -> AnyResult:
        return why(self.session(), "d", task, run_id=run, map_index=index)


def known() -> SecretValues:
    """What the Secrets of a cluster hold, and nothing that stands in other tests."""
    secret = {"data": {"key": base64.b64encode(b"swordfish").decode()}}
    cluster = cast(Cluster, SimpleNamespace(list=lambda *_: [secret]))
    secrets = SecretValues(lambda: cluster, DeploymentFact("d", "x", "y"))
    secrets.probe().collect(Facts())
    return secrets


@pytest.fixture(autouse=True)
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Facts]:
    """What is seen of the deployment; no pauses between questions."""
    answers = [Facts()]
    # The package's name `why` is the function.
    module = import_module("airstrip.operations.why")
    monkeypatch.setattr(module, "look_at_cluster", lambda *_: Look(answers[-1], known()))
    monkeypatch.setattr("airstrip.airflow_api.transport.time.sleep", lambda seconds: None)
    return answers


def codes(result: AnyResult) -> list[str]:
    assert result.exit_code == (3 if result.findings else 0)
    json.dumps(result.to_document())
    return [finding.code for finding in result.findings]


def test_a_run_is_explained_by_the_task_that_failed_first() -> None:
    result = Fake().why()
    assert codes(result) == ["task.exception"]
    assert result.findings[0].cause == "ValueError: no such day."
    assert dict(result.data) == {
        "dag": "d",
        "run": "r",
        "runState": "failed",
        "task": None,
        "map": -1,
        "state": None,
        "because": {"task": "e", "map": -1, "state": "failed"},
    }


def test_a_password_in_an_address_is_in_no_finding() -> None:
    said = "ValueError: no answer of postgresql://ada:s3cret@db/x"
    frames = [{**TRACE, "exc_value": said.removeprefix("ValueError: ")}]
    failed = {"event": "Task failed", "timestamp": SETTLED["end_date"], "error_detail": frames}
    for fake in (Fake(errors={"d.py": f"Traceback:\n{said}\n"}), Fake(log={"content": [failed]})):
        found = str(fake.why().to_document())
        assert "no answer of postgresql://***@db/x" in found
        assert "s3cret" not in found


def test_a_task_that_did_not_run_is_explained_by_what_failed_before_it() -> None:
    result = Fake().why("l", "r")
    assert codes(result) == ["task.exception", "task.upstream-failed"]
    assert (result.data["task"], result.data["because"]) == ("l", {"task": "e", "map": -1, "state": "failed"})


@pytest.mark.parametrize("task", [None, "l"])
def test_airflow_is_asked_everything_once(task: str | None) -> None:
    fake = Fake()
    fake.why(task, "r")
    assert sorted(fake.asked) == sorted(set(fake.asked))


def test_a_run_that_succeeded_has_nothing_wrong_whatever_was_skipped() -> None:
    assert codes(Fake(rows=[row("e", "success"), row("l", "skipped")], run="success").why()) == []


@pytest.mark.parametrize(("executor", "has_pod"), [("kubernetes", True), ("local", False)])
def test_a_task_without_a_pod_is_told_of_none(executor: str, has_pod: bool) -> None:
    queued = Fake(rows=[row("e", "queued"), row("l", None)], run="running", executor=executor).why("e")
    assert codes(queued) == ["task.queued"]
    assert queued.findings[0].symptom == "e is queued, and about to begin"
    assert ("pod" in queued.findings[0].cause) is has_pod
    killed = {"event": "Likely out of memory error (OOM).", "level": "critical", "timestamp": SETTLED["end_date"]}
    failed = Fake(log={"content": [killed]}, executor=executor).why("e")
    assert codes(failed) == ["pod.oom-killed"]
    fix = failed.findings[0].fix
    assert ("pod_override" in fix, "components.task." in fix) == (has_pod, has_pod)
    assert ("components.scheduler.resources.limits.memory" in fix) is not has_pod


def test_of_mapped_tasks_the_first_that_failed_or_the_one_that_is_named() -> None:
    fake = Fake(rows=[row("m", "success", 0), row("m", "failed", 1)])
    assert fake.why("m").data["map"] == 1
    assert codes(fake.why("m", index=0)) == []
    with pytest.raises(UsageError, match="no such map index") as raised:
        fake.why("m", index=7)
    assert raised.value.fix == "Name one: --map 0 … 1"


def test_a_dag_that_never_ran_is_explained_by_its_schedule() -> None:
    assert codes(Fake(run=None).why()) == ["dag.no-schedule"]
    assert codes(Fake(run=None).why("e")) == ["dag.no-schedule"]


@pytest.mark.parametrize("run", ["failed", None])
def test_an_unknown_task_is_answered_with_those_that_there_are(run: str | None) -> None:
    with pytest.raises(UsageError) as raised:
        Fake(run=run).why("x")
    assert (raised.value.code, raised.value.fix) == ("why.unknown-task", "Its tasks: e, l")


def test_an_unknown_run_and_an_unknown_dag_are_errors() -> None:
    with pytest.raises(AirflowError) as raised:
        Fake().why(run="x")
    assert raised.value.code == "airflow.run-not-found"
    with pytest.raises(AirflowError) as raised:
        Fake(dag=None).why()
    assert raised.value.code == "airflow.dag-not-found"


@pytest.mark.parametrize("silence", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.Response(503)])
def test_where_airflow_is_silent_the_deployment_s_own_trouble_is_the_cause(
    seen: list[Facts], silence: httpx.Response | Exception
) -> None:
    seen.append(BROKEN)
    result = Fake(silent=silence).why("e")
    assert codes(result)[0] == "pod.crash-loop"
    assert codes(result)[1] in ("airflow.unreachable", "airflow.unavailable")
    assert result.data["state"] is None


def test_a_scheduler_that_does_not_work_is_explained_by_its_pod(seen: list[Facts]) -> None:
    class Stopped(Fake):
        def answer(self, path: str) -> dict[str, Any] | None:
            sick = {"scheduler": {"status": "unhealthy", "latest_scheduler_heartbeat": SETTLED["end_date"]}}
            return sick if path == "monitor/health" else super().answer(path)

    pod = replace(BROKEN.pods[0], name="scheduler-1", component="scheduler")
    seen.append(Facts(pods=(pod, BROKEN.pods[0])))
    result = Stopped(rows=[row("e", None, number=0)], run="running").why()
    assert codes(result)[:2] == ["pod.crash-loop", "scheduler.silent"]
    assert "scheduler-1" in result.findings[0].symptom


def test_a_cluster_that_may_not_be_read_takes_nothing_from_the_rest(seen: list[Facts]) -> None:
    seen.append(Facts(probes=(ProbeFact("pods", "failed", "may not list pods", code="kubernetes.forbidden"),)))
    assert codes(Fake().why()) == ["task.exception", "kubernetes.forbidden"]
    assert Fake().why().findings[1].symptom == "pods could not be looked at: may not list pods"


class Unreadable(Fake):
    """Its store of logs is away, or is asked in vain for longer than anybody waits."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "/logs/" in request.url.path:
            if self.log:
                raise httpx.ReadTimeout("slow")
            return httpx.Response(500, json={"detail": "NoSuchBucket"})
        return super().__call__(request)


@pytest.mark.parametrize("log", [{}, LOG])
def test_a_log_that_cannot_be_read_takes_nothing_from_the_rest(log: dict[str, Any]) -> None:
    result = Unreadable(log=log).why()
    assert codes(result) == ["task.failed", "probe.failed"]
    assert "the task's log could not be looked at" in result.findings[1].symptom
    assert (result.data["runState"], result.data["because"]["task"]) == ("failed", "e")


def test_who_may_not_read_the_scheduler_s_log_is_told_what_airflow_says() -> None:
    def refuse(*_: object, **__: object) -> None:
        raise KubernetesError("kubernetes.forbidden", "may not read pods/log", status=403)

    session = Fake().session()
    session.cluster.list = refuse  # type: ignore[assignment,method-assign] # the stand-in
    result = why(session, "d", None, run_id=None, map_index=-1)
    assert codes(result) == ["task.exception", "kubernetes.forbidden"]
    assert result.findings[1].symptom == "the task's pods could not be looked at: may not read pods/log"


def test_what_could_not_be_seen_is_no_finding_where_it_is_not_missed(seen: list[Facts]) -> None:
    seen.append(Facts(probes=(ProbeFact("quotas", "failed", "may not list quotas", code="kubernetes.forbidden"),)))
    assert codes(Fake().why()) == ["task.exception"]
    seen.append(Facts(probes=(ProbeFact("pods", "failed", "may not list pods", code="kubernetes.forbidden"),)))
    assert codes(Fake(rows=[row("e", "success")], run="success").why("e")) == []


def test_a_deployment_that_is_absent_is_said_to_be_so() -> None:
    """Not that its place has no kubeconfig."""

    def kubeconfig() -> Path:
        raise NodeError("node.absent", "there is no node named air")

    target = SimpleNamespace(describe=lambda: None, kubeconfig=kubeconfig)
    spec = Fake().session().spec
    with pytest.raises(AirstripError) as raised:
        why(Session(spec, cast(Any, target)), "d", None, run_id=None, map_index=-1)
    assert (raised.value.code, raised.value.message) == ("deployment.not-running", "air is not running")
