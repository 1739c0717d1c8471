"""Shapes are those that Airflow 3.3.2 answered with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from airstrip.airflow_api import AirflowClient, TaskInstance
from airstrip.errors import AirflowError

RUN = {
    "dag_run_id": "manual__2026-11-21T05:11:12.925530+00:00",
    "dag_id": "demo",
    "state": "queued",
    "run_type": "manual",
    "run_after": "2026-11-21T05:11:12.925530Z",
    "conf": {"a": 1},
}
DAG = {
    "dag_id": "demo",
    "is_paused": True,
    "is_stale": False,
    "bundle_name": "main",
    "relative_fileloc": "demo.py",
    "tags": [{"name": "x", "dag_id": "demo"}],
    "has_import_errors": False,
}
Answer = Callable[[httpx.Request], httpx.Response]


class Airflow:
    """Stands in for the API server: answers by method and path, and remembers what it was asked."""

    def __init__(self, **answers: httpx.Response | Answer) -> None:
        self.answers = answers
        self.asked: list[httpx.Request] = []
        self.logins = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path.removeprefix("/team")
        if path == "/auth/token":
            self.logins += 1
            good = json.loads(request.content) == {"username": "airstrip", "password": "hunter2"}
            token = {"access_token": f"token-{self.logins}"}
            return httpx.Response(201, json=token) if good else httpx.Response(401, json={"detail": "Invalid"})
        answer = self.answers.get(path.removeprefix("/api/v2/"), httpx.Response(404, json={"detail": "Not found"}))
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def client(self, password: str = "hunter2", url: str = "http://localhost:8080") -> AirflowClient:
        return AirflowClient(url, "airstrip", password, http=httpx.MockTransport(self))


def ok(body: Any) -> httpx.Response:
    return httpx.Response(200, json=body)


def in_lines(*entries: Any) -> httpx.Response:
    """A task's log as it comes to whoever asks for lines."""
    return httpx.Response(200, text="".join(f"{json.dumps(entry)}\n" for entry in entries))


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(AirflowError) as raised:
        call()
    assert "hunter2" not in str(raised.value.to_dict())
    assert raised.value.cause
    assert raised.value.fix
    return raised.value.code


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airstrip.airflow_api.transport.time.sleep", lambda seconds: None)


def test_one_login_serves_many_requests_below_a_path_prefix() -> None:
    airflow = Airflow(version=ok({"version": "3.3.2", "git_version": "x"}))
    client = airflow.client(url="http://example.com/team/")
    assert [client.version(), client.version()] == ["3.3.2", "3.3.2"]
    assert [request.url.path for request in airflow.asked] == ["/team/auth/token", *["/team/api/v2/version"] * 2]
    assert airflow.asked[1].headers["Authorization"] == "Bearer token-1"


@pytest.mark.parametrize("refusal", [(401, "Not authenticated"), (403, "Invalid JWT token")])
def test_a_token_that_expired_is_fetched_anew_once(refusal: tuple[int, str]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] == "Bearer token-1":
            return httpx.Response(refusal[0], json={"detail": refusal[1]})
        return ok({"version": "3.3.2"})

    airflow = Airflow(version=answer)
    assert airflow.client().version() == "3.3.2"
    assert airflow.logins == 2
    always = Airflow(version=httpx.Response(refusal[0], json={"detail": refusal[1]}))
    assert code_of(always.client().version) == "airflow.forbidden"
    assert always.logins == 2


def test_a_wrong_password_is_said_without_it() -> None:
    assert code_of(Airflow().client("wrong").version) == "airflow.login-refused"


@pytest.mark.parametrize("database", ["healthy", "unhealthy"])
def test_a_log_in_is_not_refused_because_the_database_was_away(database: str) -> None:
    """Airflow answers 401 for an account that it could not look up."""
    found = Airflow(version=ok({"version": "3.3.2"}))
    found.answers["monitor/health"] = ok({"metadatabase": {"status": database}})
    refusals = [httpx.Response(401, json={"detail": "Invalid credentials"})]

    def answer(request: httpx.Request) -> httpx.Response:
        return refusals.pop() if request.url.path == "/auth/token" and refusals else found(request)

    client = AirflowClient("http://localhost:8080", "airstrip", "hunter2", http=httpx.MockTransport(answer))
    if database == "unhealthy":
        assert code_of(client.log_in) == "airflow.unavailable"
    assert client.version() == "3.3.2"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(403, json={"detail": "Forbidden"}), "airflow.forbidden"),
        (httpx.Response(503, text="starting"), "airflow.unavailable"),
        (httpx.Response(200, text="<html>hello</html>"), "airflow.not-airflow"),
        (
            httpx.Response(422, json={"detail": [{"loc": ["body"], "msg": "bad", "input": "hunter2"}]}),
            "airflow.refused",
        ),
    ],
)
def test_every_refusal_has_its_code(answer: httpx.Response, code: str) -> None:
    assert code_of(Airflow(version=answer).client().version) == code


def test_a_server_that_is_not_there_is_asked_three_times() -> None:
    asked = []

    def nobody(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ConnectError("Connection refused")

    client = AirflowClient("http://localhost:1", "airstrip", "hunter2", http=httpx.MockTransport(nobody))
    assert code_of(client.version) == "airflow.unreachable"
    assert len(asked) == 3


def test_dags_come_in_pages() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        page = [{**DAG, "dag_id": f"dag-{number}"} for number in range(offset, min(offset + 100, 150))]
        return ok({"dags": page, "total_entries": 150})

    dags = Airflow(dags=answer).client().dags()
    assert len({dag.dag_id for dag in dags}) == 150
    assert (dags[0].file, dags[0].tags, dags[0].is_paused) == ("demo.py", ("x",), True)


@pytest.mark.parametrize("verb", ["dag", "unpause", "trigger", "dag_runs"])
def test_an_unknown_dag_is_answered_with_the_names_that_are_near(verb: str) -> None:
    none = ok({"import_errors": [], "total_entries": 0})
    client = Airflow(dags=ok({"dags": [DAG], "total_entries": 1}), importErrors=none).client()
    with pytest.raises(AirflowError, match="knows no DAG dmeo") as raised:
        getattr(client, verb)("dmeo")
    assert raised.value.code == "airflow.dag-not-found"
    assert "Did you mean demo?" in raised.value.cause


def test_a_trigger_is_sent_once_with_its_conf() -> None:
    airflow = Airflow(**{"dags/demo/dagRuns": ok(RUN)})
    run = airflow.client().trigger("demo", {"a": 1})
    assert (run.run_id, run.state, run.ended) == (RUN["dag_run_id"], "queued", False)
    assert json.loads(airflow.asked[-1].content) == {"logical_date": None, "conf": {"a": 1}}
    down = Airflow(**{"dags/demo/dagRuns": httpx.Response(503)})
    assert code_of(lambda: down.client().trigger("demo")) == "airflow.unavailable"
    assert len(down.asked) == 2


def test_a_run_id_s_colons_and_pluses_are_quoted() -> None:
    airflow = Airflow()
    run_id = str(RUN["dag_run_id"])
    assert code_of(lambda: airflow.client().dag_run("demo", run_id)) == "airflow.run-not-found"
    assert airflow.asked[-1].url.raw_path.endswith(b"manual__2026-11-21T05%3A11%3A12.925530%2B00%3A00")
    assert code_of(lambda: airflow.client().task_instances("demo", run_id)) == "airflow.run-not-found"
    assert code_of(lambda: airflow.client().task_log("demo", run_id, "t")) == "airflow.task-not-found"


def chunk(*events: str, token: str | None = None) -> httpx.Response:
    entries = [{"timestamp": "T", "event": event, "level": "info"} for event in events]
    return ok({"content": entries, **({"continuation_token": token} if token else {})})


def test_a_long_log_comes_in_chunks_until_there_is_no_more() -> None:
    chunks = {None: chunk("a", token="1"), "1": chunk("b", token="2"), "2": chunk(token="2")}
    path = "dags/d/dagRuns/r/taskInstances/t/logs/1"
    airflow = Airflow(**{path: lambda request: chunks[request.url.params.get("token")]})
    assert [record.event for record in airflow.client().task_log("d", "r", "t").records] == ["a", "b"]
    assert airflow.asked[-1].url.params["map_index"] == "-1"


TASK = TaskInstance("d", "r", "t", -1, 1, 0, "failed", None, None, None, None, None, None)


class Endless(httpx.SyncByteStream):
    """A log that goes on as long as anybody reads it."""

    def __init__(self, lines: int) -> None:
        self.left = lines

    def __iter__(self) -> Iterator[bytes]:
        while self.left:
            self.left -= 1
            yield json.dumps({"event": f"{self.left} " + "x" * 10_000}).encode() + b"\n"


def ends(log: Endless) -> tuple[AirflowClient, Airflow]:
    path = "dags/d/dagRuns/r/taskInstances/t/logs/1"
    airflow = Airflow(**{path: lambda _: httpx.Response(200, stream=log)})
    return airflow.client(), airflow


def test_of_a_log_that_is_explained_the_end_is_kept() -> None:
    client, airflow = ends(Endless(500))
    records = client.task_log_end(TASK, records=3).records
    assert [record.event.partition(" ")[0] for record in records] == ["2", "1", "0"]
    assert airflow.asked[-1].headers["Accept"] == "application/x-ndjson"


def test_a_log_without_end_is_read_up_to_a_size() -> None:
    log = Endless(10**9)
    client, _ = ends(log)
    assert code_of(lambda: client.task_log_end(TASK, records=3)) == "airflow.log-too-long"
    assert 10**9 - log.left < 7_000


def test_a_log_that_airflow_cannot_read_breaks_off() -> None:
    """Its answer has begun by then, as one that is good."""

    class Broken(Endless):
        def __iter__(self) -> Iterator[bytes]:
            yield b'{"event": "a"}\n'
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")

    client, airflow = ends(Broken(0))
    assert code_of(lambda: client.task_log_end(TASK, records=3)) == "airflow.log-broken-off"
    assert len(airflow.asked) == 2


def test_an_api_server_that_is_starting_anew_is_asked_again_for_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airstrip.airflow_api.transport.time.sleep", lambda seconds: None)
    path = "dags/d/dagRuns/r/taskInstances/t/logs/1"

    def gone(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)

    airflow = Airflow(**{path: gone})
    assert code_of(lambda: airflow.client().task_log_end(TASK, records=3)) == "airflow.unreachable"
    assert len([request for request in airflow.asked if request.url.path.endswith("/logs/1")]) > 1


def test_the_end_of_a_log_that_is_not_there_or_is_none() -> None:
    assert code_of(lambda: Airflow().client().task_log_end(TASK, records=3)) == "airflow.task-not-found"
    path = "dags/d/dagRuns/r/taskInstances/t/logs/1"
    for text in ("<html>", "[" * 100_000):
        client = Airflow(**{path: httpx.Response(200, text=text)}).client()
        with pytest.raises(AirflowError) as raised:
            client.task_log_end(TASK, records=3)
        assert raised.value.code == "airflow.not-airflow"


def test_import_errors_are_read() -> None:
    row = {"import_error_id": 1, "filename": "b.py", "bundle_name": "main", "timestamp": "T", "stack_trace": "boom"}
    (error,) = Airflow(importErrors=ok({"import_errors": [row], "total_entries": 1})).client().import_errors()
    assert (error.filename, error.bundle_name, error.stack_trace) == ("b.py", "main", "boom")
