"""`dags push`, `history`, `rollback` and `diff`: how they are called, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airstrip.errors import CheckError
from airstrip.findings import Finding
from airstrip.result import Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]
ONE, TWO = "1" * 40, "2" * 40
SEEN = {"name": "mine", "revision": TWO, "before": ONE, "changed": True, "seenSeconds": 4.2}
PUSHED = {**SEEN, "folder": "/dags"}


def line(number: int, revision: str, **more: Any) -> dict[str, Any]:
    row = {"number": number, "revision": revision, "at": "2026-11-21T21:52:11Z", "by": "me@here", "how": "push"}
    return {
        **row,
        "message": "",
        "commit": None,
        "dirty": False,
        "files": 2,
        "bytes": 9,
        "live": False,
        "kept": True,
    } | more


def test_push_says_what_is_live(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["push_dags"] = Result("dags push", PUSHED, [Finding("dags.missing-pool", "no pool", "c", "f")])
    done = airstrip("dags", "push", "other", "-m", "why", "--force")
    assert done.code == 0
    assert done.out.splitlines()[0] == "/dags is live as revision 222222222222, read by Airflow after 4 s."
    assert "dags.missing-pool" in done.out
    _, (folder, _), named = facade.calls[-1]
    assert (folder, named) == (Path("other"), {"message": "why", "force": True})


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"changed": False}, "/dags is live already, as revision 222222222222: nothing was pushed.\n"),
        ({"seenSeconds": None}, "/dags is live as revision 222222222222.\n"),
    ],
)
def test_push_of_the_same_and_of_what_nobody_has_read(
    airstrip: Airstrip, facade: Facade, more: dict[str, Any], text: str
) -> None:
    facade.answers["push_dags"] = Result("dags push", {**PUSHED, **more})
    assert airstrip("dags", "push").out == text


def test_a_refused_push_is_exit_code_3(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["push_dags"] = CheckError("dags.broken", "1 DAG file is broken", details="a.py:1: it")
    done = airstrip("dags", "push", "--json")
    assert (done.code, done.document["exitCode"], done.document["errors"][0]["code"]) == (3, 3, "dags.broken")


def test_history_marks_what_is_live_and_what_is_gone(airstrip: Airstrip, facade: Facade) -> None:
    rows = [
        line(1, ONE, kept=False, commit="abcdef0123456789", dirty=True, message="first"),
        line(2, TWO, live=True, how="rollback"),
    ]
    facade.answers["dags_history"] = Result("dags history", {"name": "mine", "live": TWO, "revisions": rows})
    assert airstrip("dags", "history").out.splitlines() == [
        "mine: 222222222222 is live",
        "  111111111111  2026-11-21 21:52  not kept  me@here  abcdef01, changed  push: first",
        "  222222222222  2026-11-21 21:52  live      me@here                     rollback",
    ]
    facade.answers["dags_history"] = Result("dags history", {"name": "mine", "live": None, "revisions": []})
    assert airstrip("dags", "history").out == "mine: nothing was pushed yet\n"


def test_rollback_to_a_name_and_to_the_one_before(airstrip: Airstrip, facade: Facade) -> None:
    facade.answers["rollback_dags"] = Result("dags rollback", SEEN)
    done = airstrip("dags", "rollback", "2222", "-m", "it is slow")
    assert done.out == ("Revision 222222222222 is live again, read by Airflow after 4 s, in place of 111111111111.\n")
    assert (facade.calls[-1][1][0], facade.calls[-1][2]) == ("2222", {"message": "it is slow"})
    airstrip("dags", "rollback")
    assert facade.calls[-1][1][0] is None


def changed(**more: Any) -> dict[str, Any]:
    return {"file": "a.py", "change": "changed", "added": 1, "removed": 0, "binary": False, "diff": None} | more


def test_diff_is_a_patch_and_names_what_is_no_text(airstrip: Airstrip, facade: Facade) -> None:
    patch = "--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n one\n+two\n"
    files = [changed(diff=patch), changed(file="b.bin", change="added", added=0, binary=True)]
    data = {"name": "mine", "folder": "/dags", "revision": ONE, "changed": True, "files": files}
    facade.answers["diff_dags"] = Result("dags diff", data, exit_code=3)
    done = airstrip("dags", "diff", "--exit-code")
    assert (done.code, done.out) == (3, f"{patch}+ b.bin: added, not shown: it is no text, or too large\n")
    assert facade.calls[-1][2] == {"stat": False, "exit_code": True}


def test_diff_by_names(airstrip: Airstrip, facade: Facade) -> None:
    data = {"name": "mine", "folder": "/dags", "revision": ONE, "changed": True, "files": [changed(added=3)]}
    facade.answers["diff_dags"] = Result("dags diff", data)
    done = airstrip("dags", "diff", "1111", "--stat", "--folder", "x")
    assert done.out.splitlines() == [
        "/dags against revision 111111111111:",
        "  ~  a.py  changed, 3 lines more, 0 less",
    ]
    assert facade.calls[-1][1][:2] == (Path("x"), "1111")
    facade.answers["diff_dags"] = Result("dags diff", {**data, "changed": False, "files": []})
    assert airstrip("dags", "diff").out == "/dags is as revision 111111111111.\n"
