"""What `why` prints before its cause."""

from __future__ import annotations

from airstrip.cli.present_why import present_why


def test_what_is_not_told_is_said_before_the_cause() -> None:
    data = {"dag": "d", "run": None, "runState": None, "task": None, "map": -1, "state": None}
    warning = "1 text stands here as ***: there was no time to look for secrets in it."
    assert present_why(data, []) == ["d: no run"]
    assert present_why({**data, "warning": warning}, []) == ["d: no run", warning]
