"""What stands beneath a failure: what `doctor` finds, and with --debug whatever surprised the search for it."""

from __future__ import annotations

import json
from collections.abc import Callable

from airstrip.errors import AirstripError, CommandError
from airstrip.findings import Finding
from airstrip.result import Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]


def with_findings(origin: BaseException | None = None) -> AirstripError:
    error = CommandError("process.failed", "make failed", fix="Install gcc.", details="cc: not found")
    error.findings = [Finding("disk.full", "the disk is full", "It is small.", "Free room.", "0 MiB", origin=origin)]
    return error


def test_what_doctor_finds_stands_beneath_the_error(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["status"] = with_findings()
    done = airstrip("status")
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[4:] == [
        "",
        "! the disk is full  [disk.full]",
        "  cause: It is small.",
        "  fix:   Free room.",
        "  | 0 MiB",
    ]
    document = airstrip("status", "--json").document
    assert [error["code"] for error in document["errors"]] == ["process.failed"]
    assert document["findings"] == [
        {
            "code": "disk.full",
            "symptom": "the disk is full",
            "cause": "It is small.",
            "fix": "Free room.",
            "evidence": "0 MiB",
        }
    ]


def test_what_nobody_foresaw_beneath_an_answer_is_traced_with_debug(airstrip: Airstrip, facade: Facade) -> None:
    met = ZeroDivisionError("division by zero")
    answers: list[object] = [
        with_findings(met),
        Result("status", {"name": "x", "state": "y"}, with_findings(met).findings, 3),
    ]
    for facade.answers["status"] in answers:
        assert "ZeroDivisionError" not in airstrip("status").err
        assert "ZeroDivisionError: division by zero" in airstrip("status", "--debug").err
        done = airstrip("status", "--debug", "--json")
        lines = [json.loads(line) for line in done.err.splitlines()]
        assert any("ZeroDivisionError" in line["text"] for line in lines if line["event"] == "traceback")
