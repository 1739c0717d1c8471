"""What `why` prints: one cause in full, what else holds by name."""

from __future__ import annotations

from collections.abc import Callable

from airstrip.findings import Finding
from airstrip.result import Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]

WHY = {"dag": "load", "run": "r1", "runState": "failed", "task": "extract", "map": 3, "state": "failed"}


def test_why_prints_one_cause_in_full_and_names_what_else_holds(airstrip: Airstrip, facade: Facade) -> None:
    cause = Finding("task.exception", "extract[3] failed", "ValueError: no", "Mend it.", "one\ntwo")
    also = Finding("dag.paused", "load is paused", "Somebody switched it off.", "Switch it on.")
    facade.answers["why"] = Result("why", WHY, [cause, also], 3)
    done = airstrip("why", "load", "extract", "--map", "3", "--run", "r1")
    assert done.code == 3
    assert done.out.splitlines() == [
        "load extract[3] (r1): failed",
        "",
        "! extract[3] failed  [task.exception]",
        "  cause: ValueError: no",
        "  fix:   Mend it.",
        "  | one",
        "  | two",
        "",
        "also:",
        "  load is paused: Somebody switched it off.  [dag.paused]",
    ]
    assert facade.calls == [("why", ("load", "extract"), {"run_id": "r1", "map_index": 3})]


def test_why_says_that_nothing_is_wrong_by_the_state_alone(airstrip: Airstrip, facade: Facade) -> None:
    ran = {**WHY, "runState": "success", "task": None, "map": -1, "state": None}
    facade.answers["why"] = Result("why", ran)
    done = airstrip("why", "load")
    assert (done.code, done.out) == (0, "load (r1): success. It ran, and nothing is wrong.\n")
    facade.answers["why"] = Result("why", {**WHY, "map": -1, "state": "running", "runState": "running"})
    assert airstrip("why", "load", "extract").out == "load extract (r1): running. Nothing that is known keeps it.\n"
