"""`verify`: its table, its JUnit file, its words where something fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
import typer.main

from airstrip.answers import PropertyName
from airstrip.cli import prove
from airstrip.cli.main import app, run
from airstrip.errors import LockError
from airstrip.findings import Finding
from airstrip.result import AnyResult, Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]
FINDING = Finding("verify.task", "the task plain is failed", "Its log says why.", "Read it.", "end of \x1b[31mthe log")


def row(name: str, state: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "property": name,
        "title": name,
        "state": state,
        "text": text,
        "limits": [],
        "findings": [],
        "seconds": 1.0,
    } | more


def answer() -> AnyResult:
    rows = [
        row("task", "failed", FINDING.symptom, findings=[FINDING.code]),
        row("least-access", "proved", "no token", limits=["may exec"]),
        row("ingress", "not-applicable", "there is none"),
    ]
    data = {"name": "mine", "properties": rows, "left": [], "stays": "rows of the log", "seconds": 58.3}
    return Result("verify", data, [FINDING], 3)


def test_the_table_has_each_property_and_what_stays(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["verify"] = answer()
    done = airstrip("verify", "--only", "task", "--only", "ingress", "--timeout", "20")
    assert done.code == 3
    assert done.out.splitlines() == [
        "mine: 1 proved, 1 failed, 1 not applicable, in 58.3 s",
        "",
        "  task          failed          the task plain is failed",
        "  least-access  proved          no token",
        "  ingress       not-applicable  there is none",
        "",
        "what holds all the same",
        "  may exec",
        "",
        "what stays: rows of the log",
        "",
        "! the task plain is failed  [verify.task]",
        "  cause: Its log says why.",
        "  fix:   Read it.",
        "  | end of \x1b[31mthe log",
    ]
    assert facade.calls[0][2] == {"only": ["task", "ingress"], "timeout": 20.0, "git_write": None, "held": {}}


def test_a_branch_to_push_to_is_handed_on_and_what_was_pushed_is_told(
    airstrip: Airstrip, facade: Facade, tmp_path: Path
) -> None:
    pushed = {"bundle": "main", "repo": "https://h/dags", "branch": "main", "added": "a" * 40, "removed": "b" * 40}
    stays = "rows of the log, and the commits aaaaaaaaaa and bbbbbbbbbb in the history of main"
    data: dict[str, Any] = {"name": "mine", "properties": [row("dags", "proved", "seen after 12 s")], "left": []}
    data |= {"stays": stays, "seconds": 30.0, "pushed": {**pushed, "seen": 12.3, "gone": 11.0}}
    facade.answers["verify"] = Result("verify", data, [], 0)
    report = tmp_path / "report.xml"
    done = airstrip("verify", "--only", "dags", "--git-write", "main", "--junit", str(report), "--json")
    assert (done.code, facade.calls[0][2]["git_write"]) == (0, "main")
    assert done.document["data"]["pushed"]["seen"] == 12.3
    assert stays in report.read_text()


def test_a_branch_to_push_to_needs_the_property_that_pushes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And DAGs from git: nothing is asked of a cluster before that is clear."""
    monkeypatch.chdir(tmp_path)
    assert run(["verify", "--only", "task", "--git-write", "main"]) == 2
    assert "Add --only dags, or leave --git-write away." in capsys.readouterr().err
    assert run(["verify", "--git-write", "main"]) == 2
    assert "[verify.git-other-branch]" in capsys.readouterr().err


def test_what_a_backend_holds_needs_the_property_that_asks_for_it_and_a_backend(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "airstrip.yaml").write_text("apiVersion: airstrip/v1\nname: air\n")
    monkeypatch.chdir(tmp_path)
    assert run(["verify", "--only", "task", "--backend-variable", "region"]) == 2
    assert "Add --only secrets, or leave --backend-variable away." in capsys.readouterr().err
    assert run(["verify", "--backend-connection", "lake"]) == 2
    assert "the file has none" in capsys.readouterr().err


def test_the_junit_file_has_a_case_for_each_property(airstrip: Airstrip, facade: Facade, tmp_path: Path) -> None:
    facade.answers["verify"] = answer()
    file = tmp_path / "report.xml"
    assert airstrip("verify", "--junit", str(file)).code == 3
    suite = ElementTree.parse(file).getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "skipped": "1",
    }
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    failure = cases["task"].find("failure")
    assert failure is not None
    assert failure.get("message") == FINDING.symptom
    # What XML cannot hold is not written into it.
    assert "fix: Read it.\nend of ?[31mthe log" in (failure.text or "")
    assert cases["ingress"].find("skipped") is not None
    assert len(cases["least-access"].findall("failure")) == 0
    assert list(tmp_path.iterdir()) == [file]


def test_what_could_not_be_taken_away_is_an_error_of_the_junit_file(
    airstrip: Airstrip, facade: Facade, tmp_path: Path
) -> None:
    left = Finding("verify.left", "1 things are left", "It is away.", "Again.", "a pod")
    rows = [row("task", "proved", "ran")]
    data = {"name": "mine", "properties": rows, "left": ["a pod"], "stays": "rows", "seconds": 1.0}
    facade.answers["verify"] = Result("verify", data, [left], 3)
    assert airstrip("verify", "--junit", str(tmp_path / "report.xml")).code == 3
    suite = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["2", "0", "1"]
    (error,) = suite.iter("error")
    assert error.get("message") == "1 things are left"


def test_a_file_that_cannot_be_written_is_told_before_the_work(
    airstrip: Airstrip, facade: Facade, tmp_path: Path
) -> None:
    for place in (tmp_path / "none" / "report.xml", tmp_path):
        done = airstrip("verify", "--junit", str(place), "--json")
        assert done.code == 1
        assert done.document["errors"][0]["code"] == "file.not-written"
        assert str(place) in done.document["errors"][0]["message"]
    assert facade.calls == []


@pytest.mark.parametrize("state", ["proved", "failed"])
def test_a_file_that_cannot_be_written_afterwards_loses_no_answer(
    state: str, airstrip: Airstrip, facade: Facade, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that became full meanwhile."""
    monkeypatch.setattr(prove, "clear_report", lambda _: None)
    data = {"name": "mine", "properties": [row("task", state, "ran")], "left": [], "stays": "rows", "seconds": 1.0}
    facade.answers["verify"] = Result(
        "verify", data, [FINDING] if state == "failed" else [], 3 if state == "failed" else 0
    )
    done = airstrip("verify", "--junit", str(tmp_path / "none" / "report.xml"), "--json")
    assert done.code == 3
    assert done.document["data"]["properties"][0]["state"] == state
    assert [finding["code"] for finding in done.document["findings"]][-1] == "file.not-written"
    facade.answers["verify"] = LockError("deployment.locked", "mine is locked", cause="By up.", fix="Wait.")
    done = airstrip("verify", "--junit", str(tmp_path / "none" / "report.xml"), "--json")
    assert done.document["errors"][0]["code"] == "deployment.locked"


def test_a_verify_that_did_not_get_to_its_end_leaves_no_report_of_an_earlier_one(
    airstrip: Airstrip, facade: Facade, tmp_path: Path
) -> None:
    """Whoever publishes the file would say of this one that all was proved."""
    file = tmp_path / "report.xml"
    file.write_text("<testsuite tests='15' failures='0'/>")
    facade.answers["verify"] = LockError("deployment.locked", "mine is locked", cause="By up.", fix="Wait.")
    assert airstrip("verify", "--junit", str(file)).code == 1
    suite = ElementTree.parse(file).getroot()
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["1", "0", "1"]
    (error,) = suite.iter("error")
    assert error.get("message") == "mine is locked"
    assert "fix: Wait." in (error.text or "")
    facade.answers["verify"] = KeyboardInterrupt()
    assert airstrip("verify", "--junit", str(file)).code == 130
    assert not file.exists()


def test_a_pipe_is_written_to_and_stays_one(airstrip: Airstrip, facade: Facade, tmp_path: Path) -> None:
    """As a device would: root may replace /dev/null by a file, and must not."""
    facade.answers["verify"] = answer()
    pipe = tmp_path / "report"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert airstrip("verify", "--junit", str(pipe)).code == 3
        assert pipe.is_fifo()
        assert ElementTree.fromstring(os.read(reader, 65536)).get("tests") == "3"
    finally:
        os.close(reader)


def test_a_link_goes_on_to_lead_to_the_report(airstrip: Airstrip, facade: Facade, tmp_path: Path) -> None:
    facade.answers["verify"] = answer()
    link, file = tmp_path / "latest.xml", tmp_path / "report.xml"
    link.symlink_to(file)
    assert airstrip("verify", "--junit", str(link)).code == 3
    assert link.is_symlink()
    assert ElementTree.parse(file).getroot().get("tests") == "3"
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_property_that_there_is_not_is_a_usage_error_with_all_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["verify", "--only", "isolaton"]) == 2
    said = capsys.readouterr().err
    assert "Did you mean isolation?" in said
    assert all(name in said for name in get_args(PropertyName))


def test_the_shell_completes_properties() -> None:
    command = typer.main.get_command(app).commands["verify"]  # type: ignore[attr-defined] # a group, which has them
    (option,) = [parameter for parameter in command.params if parameter.name == "only"]
    assert [item.value for item in option.shell_complete(typer.Context(command), "ne")] == ["network"]
