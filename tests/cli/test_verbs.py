"""Each verb calls the facade with what was written, and prints its answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airstrip.errors import AirstripError
from airstrip.events import LogLine
from airstrip.findings import Finding
from airstrip.operations.logs import COMPONENTS
from airstrip.result import AnyResult, Result
from tests.cli.conftest import Outcome, land
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]


def test_up_ends_with_the_url_and_next_commands(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["up"] = land
    done = airstrip("up", "--timeout", "30")
    assert done.code == 0
    assert "http://127.0.0.1:8080" in done.out
    for command in ("open --password", "run smoke", "status", "down"):
        assert f"./airstrip {command}" in done.out
    assert facade.calls[0][2] == {"timeout": 30.0, "force": False}


def test_events_go_to_stderr_as_plain_lines(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["up"] = land
    assert airstrip("up").err.splitlines() == [
        "This takes a while",
        "Start the node ...",
        "Start the node: done in 1 min 05 s (cached)",
    ]


def test_with_json_events_are_lines_and_the_answer_is_one_document(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["up"] = land
    done = airstrip("up", "--json")
    events = [json.loads(line) for line in done.err.splitlines()]
    assert [event["event"] for event in events] == ["notice", "step.started", "step.progress", "step.finished"]
    assert done.document["verb"] == "up"
    assert done.document["ok"] is True
    assert list(done.document) == ["apiVersion", "verb", "ok", "exitCode", "data", "findings", "errors"]


def test_the_facade_looks_for_the_file_that_is_not_named(airstrip: Airstrip, facade: Facade) -> None:
    airstrip("status")
    assert facade.file is None
    airstrip("status", "-f", "third.yaml")
    assert facade.file == Path("third.yaml")


def test_a_bad_answer_is_exit_code_3_with_its_findings(airstrip: Airstrip, facade: Facade) -> None:
    finding = Finding("component.not-ready", "scheduler: 0 of 1 ready", "It starts.", "./airstrip logs scheduler")
    components = [{"component": "scheduler", "ready": 0, "wanted": 1, "healthy": False}]
    data = {"name": "airflow", "state": "degraded", "url": "http://x", "components": components, "runs": []}
    facade.answers["status"] = Result("status", data, [finding], 3)
    done = airstrip("status")
    assert done.code == 3
    assert "scheduler  0/1 ready  unhealthy" in done.out
    assert "fix:   ./airstrip logs scheduler" in done.out
    document = airstrip("status", "--json").document
    assert (document["ok"], document["exitCode"]) == (False, 3)
    assert document["findings"][0]["code"] == "component.not-ready"


def test_run_prints_the_tasks_logs_and_passes_the_conf(airstrip: Airstrip, facade: Facade) -> None:
    def run(dag: str, conf: object, emit: Callable[[object], None], *, timeout: float) -> AnyResult:
        emit(LogLine("hello", "Hello!"))
        tasks = [{"task": "hello", "map": -1, "try": 1, "state": "success"}]
        return Result("run", {"dag": dag, "run": "r1", "state": "success", "tasks": tasks, "conf": conf})

    facade.answers["run"] = run
    done = airstrip("run", "smoke", "--conf", '{"day": 1}')
    assert done.code == 0
    assert done.out.splitlines() == ["hello | Hello!", "smoke r1: success", "  hello  success"]
    assert facade.calls[0][1][:2] == ("smoke", {"day": 1})


@pytest.mark.parametrize("conf", ["[1]", "{", "hunter2"])
def test_a_conf_that_is_no_object_is_refused(airstrip: Airstrip, conf: str) -> None:
    done = airstrip("run", "smoke", "--conf", conf)
    assert done.code == 2
    assert "usage.bad-conf" in done.err
    assert "hunter2" not in done.err


def test_open_prints_only_the_url_and_only_the_password(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers |= {"open_url": Result("open", {"url": "http://x", "username": "admin"}), "password": "s3cret"}
    assert airstrip("open").out == "http://x\n"
    assert airstrip("open", "--password").out == "s3cret\n"
    assert airstrip("open", "--password", "--json").document["data"] == {"password": "s3cret"}


def test_logs_takes_a_component_or_a_task(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers |= {"component_logs": iter(["one"]), "task_logs": iter(["two"])}
    assert airstrip("logs", "scheduler", "-F").out == "one\n"
    assert facade.calls[-1][:2] == ("component_logs", ("scheduler",))
    assert airstrip("logs", "smoke", "hello", "--run", "r", "--try", "2", "--map", "0").out == "two\n"
    wanted: dict[str, object] = {"run_id": "r", "try_number": 2, "map_index": 0, "follow": False}
    assert facade.calls[-1] == ("task_logs", ("smoke", "hello"), wanted)


def test_logs_in_json_are_a_document_or_lines(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["component_logs"] = lambda *_, **__: iter(["one", "two"])
    assert airstrip("logs", "scheduler", "--json").document["data"] == {"lines": ["one", "two"]}


@pytest.mark.parametrize(
    ("failure", "code"), [(None, 0), (AirstripError("x.y", "broken"), 1), (KeyboardInterrupt(), 130)]
)
def test_followed_logs_in_json_are_lines_to_the_last_one(
    airstrip: Airstrip, facade: Facade, failure: BaseException | None, code: int
) -> None:
    def lines(*_: object, **__: object) -> Iterator[str]:
        yield "one"
        if failure:
            raise failure

    facade.answers["component_logs"] = lines
    done = airstrip("logs", "scheduler", "-F", "--json")
    first, document = [json.loads(line) for line in done.out.splitlines()]
    assert first == {"line": "one"}
    assert (document["verb"], document["exitCode"], done.code) == ("logs", code, code)
    assert len(document["errors"]) == (1 if code else 0)


def test_a_wrong_command_line_that_follows_is_a_line_too(airstrip: Airstrip) -> None:
    done = airstrip("logs", "scheduler", "--follow", "--nope", "--json")
    assert json.loads(done.out)["exitCode"] == 2
    assert len(done.out.splitlines()) == 1


def test_a_tasks_options_need_a_task(airstrip: Airstrip) -> None:
    done = airstrip("logs", "scheduler", "--try", "2")
    assert done.code == 2
    assert "./airstrip logs scheduler TASK" in done.err


def test_down_keeps_data_unless_it_is_named(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["down"] = Result("down", {"name": "airflow", "wasRunning": True, "dataDeleted": False})
    assert "data is kept" in airstrip("down").out
    assert facade.calls[-1][2] == {"data": False}
    airstrip("down", "--data", "--yes")
    assert facade.calls[-1][2] == {"data": True}


def test_render_writes_to_stdout_or_to_a_file(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["render"] = "---\nkind: Namespace\n"
    assert airstrip("render").out == "---\nkind: Namespace\n"
    assert airstrip("render", "manifests", "all.yaml").code == 0
    assert Path("all.yaml").read_text() == "---\nkind: Namespace\n"
    assert airstrip("render", "--json").document["data"]["manifests"].startswith("---")
    assert airstrip("render", "manifests", "no/such/folder.yaml").code == 1


VERSIONS = {"kubernetes": "1.34.1", "etcd": "3.6.4", "cniPlugins": "1.8.0", "go": "1.25.3"}
NODE = {
    "name": "airflow",
    "state": "failing",
    "running": True,
    "ready": False,
    "port": 8080,
    "apiUrl": "https://10.200.0.2:6443",
    "pid": 12,
    "startedAt": "2026-11-21T09:04:05+00:00",
    "versions": VERSIONS,
    "components": {"etcd": {"state": "ready", "restarts": 0}, "kubelet": {"state": "failing", "restarts": 2}},
}
STOPPED = {**NODE, "state": "stopped", "running": False, "port": None, "apiUrl": None, "components": {}}
BINARIES = {"folder": "/cache/node/0123", "key": "0123", "versions": VERSIONS}
CHECK = {
    "ok": False,
    "binaries": None,
    "hasSources": True,
    "go": None,
    "goAccepted": "1.25.3 or newer",
    "goToInstall": "1.25.3",
    "missingPackages": ["gcc"],
    "space": [{"folder": "/cache", "neededBytes": 5 * 10**9, "freeBytes": 12 * 10**9}],
}
PRUNED = {"name": "airflow", "everything": False}


def test_a_nodes_status_is_a_table_for_people(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["status"] = Result("node status", NODE, exit_code=3)
    done = airstrip("node", "status")
    assert done.code == 3
    assert done.out.splitlines() == [
        "airflow: failing",
        "  API server  https://10.200.0.2:6443",
        "  port        8080 of this machine's loopback",
        "  pid         12",
        "  since       2026-11-21T09:04:05+00:00",
        "",
        "components",
        "  etcd     ready",
        "  kubelet  failing, 2 restarts",
        "",
        "versions",
        "  Kubernetes     1.34.1",
        "  etcd           3.6.4",
        "  CNI plugins    1.8.0",
        "  built with Go  1.25.3",
    ]


@pytest.mark.parametrize(
    ("verb", "method", "data"),
    [
        ("status", "status", NODE),
        ("status", "status", STOPPED),
        ("build", "build", BINARIES),
        ("build --check", "check", CHECK),
        ("build --check", "check", {**CHECK, "ok": True, "binaries": BINARIES, "go": {"path": "/go", "version": "1"}}),
        ("start", "start", NODE),
        ("stop", "stop", {"name": "airflow"}),
        ("prune --yes", "prune", PRUNED),
    ],
)
def test_nothing_of_python_is_printed(
    airstrip: Airstrip, facade: Facade, verb: str, method: str, data: dict[str, object]
) -> None:
    facade.answers[method] = Result(f"node {verb.split()[0]}", data)
    out = airstrip("node", *verb.split()).out
    assert out
    assert not any(word in out for word in ("{", "}", "':", "None", "True", "False"))
    assert max(map(len, out.splitlines())) <= 80


def test_a_landing_that_did_not_end_shows_what_is_there(airstrip: Airstrip, facade: Facade) -> None:
    finding = Finding("deployment.not-landed", "airflow is not landed wholly", "Interrupted.", "Run: ./airstrip up")
    components = [{"component": "postgresql", "ready": 1, "wanted": 1, "healthy": True}]
    data = {"name": "airflow", "state": "incomplete", "url": "http://x", "place": "local", "placeState": "ready"}
    facade.answers["status"] = Result("status", {**data, "components": components}, [finding], 3)
    done = airstrip("status")
    assert done.code == 3
    assert "  place  local, ready" in done.out.splitlines()
    assert "postgresql  1/1 ready" in done.out
    assert "[deployment.not-landed]" in done.out


def test_the_help_of_logs_names_every_component(airstrip: Airstrip) -> None:
    words = " ".join(airstrip("logs", "--help").out.split())
    assert f"Components: {', '.join(COMPONENTS)}." in words


@pytest.mark.parametrize("verb", ["logs", "render", "run"])
def test_a_usage_line_has_no_brackets_in_brackets(airstrip: Airstrip, verb: str) -> None:
    usage = airstrip(verb, "--help").out.splitlines()[0]
    assert "[[" not in usage
    assert "{" not in usage


def test_node_verbs_reach_the_node(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers |= {"kubeconfig": Path("/k"), "status": Result("node status", NODE)}
    facade.answers |= {"build": Result("node build", BINARIES), "check": Result("node build", CHECK)}
    facade.answers |= {"start": Result("node start", NODE), "prune": Result("node prune", PRUNED)}
    for verb, method in {
        ("build",): "build",
        ("build", "--check"): "check",
        ("start",): "start",
        ("stop",): "stop",
        ("status",): "status",
        ("prune", "--yes"): "prune",
        ("kubeconfig",): "kubeconfig",
    }.items():
        assert airstrip("node", *verb).code == 0
        assert facade.calls[-1][0] == method.replace("node ", "")
    assert airstrip("node", "kubeconfig").out == "/k\n"
