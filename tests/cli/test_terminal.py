"""The command line on a terminal of 80 columns, over a facade that answers with long words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import COLOR, COLUMNS, CTRL_C, Shown, Typed, show

ROOT = Path(__file__).resolve().parents[2]
CHILD = """
import sys
from types import ModuleType
from airstrip.cli.main import run
from airstrip.errors import AirstripError
from airstrip.events import StepFinished, StepProgress, StepStarted, Warned
from airstrip.findings import Finding
from airstrip.result import Result
from tests.cli.facade import Facade

LONG = "because of a reason that takes many words to tell " * 4
FINDING = Finding("component.not-ready", "api-server: 0 of 1 ready " + LONG, LONG, LONG, "evidence")
HISTORY = [
    {"revision": number, "at": "2026-11-21T10:43:06Z", "airflow": "3.3.2", "changed": 12, "by": "root@machine",
     "error": "airflow.login-refused"}
    for number in range(9, 12)
]

RUNS = [
    {"dag": "smoke", "run": "manual__2026-11-21T11:23:27.162360+00:00", "state": "success",
     "started": "2026-11-21T11:23:27.856194Z"}
]

def up(emit, confirm, *, timeout, force=False):
    emit(Warned("node.port-taken", LONG + ".", LONG))
    emit(StepStarted("node.start", "Start the node"))
    emit(StepProgress("node.start", LONG, 0.5))
    emit(StepFinished("node.start", "Start the node", 65.0, "cached"))
    raise AirstripError("pod.crash-loop", LONG, cause=LONG, fix=LONG, details="the last log lines")

STATES = [
    {"dag": "smoke", "run": "manual", "state": state, "started": "2026-11-21T10:43:06Z"}
    for state in ("queued", "success", "failed")
]

PROPERTIES = [
    {"property": name, "state": state, "text": LONG, "limits": [LONG]}
    for name, state in (("task", "failed"), ("least-access", "proved"), ("ingress", "not-applicable"))
]

def change(*arguments, **named):
    print("CHANGED")
    return Result("down", {"name": "airflow"})

def plan(**named):
    from tests.cli.planned import PLAN

    return Result("plan", PLAN)

def delete(emit, confirm, **named):
    assert confirm("Delete it?")
    return change()

facade = Facade({
    "open_url": Result("status", {"name": "airflow", "state": "healthy", "runs": STATES}),
    **dict.fromkeys(("down", "prune"), delete),
    "add_user": change,
    "up": up,
    "status": Result("status", {"name": "airflow", "state": "degraded", "components": [], "runs": RUNS}, [FINDING], 3),
    "plan": plan,
    "verify": Result(
        "verify", {"name": "a", "properties": PROPERTIES, "left": [], "stays": LONG, "seconds": 9.0}, [FINDING], 3
    ),
    "history": Result("status", {"name": "airflow", "history": HISTORY}),
})
for module, name in (("airstrip.deployment", "Deployment"), ("airstrip.node", "Node")):
    fake = ModuleType(module)
    setattr(fake, name, facade)
    sys.modules[module] = fake
sys.exit(run(sys.argv[1:]))
"""
VERBS = ["--help", "up --help", "verify --help", "logs --help", "node build --help", "users add --help", "nonsense"]
ANSWERS = ["up", "status", "status --history", "plan", "verify"]


def run(words: str, typed: Typed | None = None, **variables: str) -> Shown:
    return show([sys.executable, "-c", CHILD, *words.split()], {"PYTHONPATH": str(ROOT), **variables}, typed=typed)


@pytest.mark.parametrize("words", VERBS + ANSWERS)
def test_no_line_is_longer_than_the_terminal_and_no_word_is_broken(words: str) -> None:
    shown = run(words)
    assert "Traceback" not in shown.sent
    assert shown.too_long == []
    assert any(len(line) > COLUMNS // 2 for line in shown.lines)


def test_lines_that_are_folded_stay_below_their_own_words() -> None:
    lines = run("status").lines
    (cause,) = [number for number, line in enumerate(lines) if line.startswith("  cause: ")]
    assert lines[cause].startswith("  cause: because of a reason")
    assert lines[cause + 1].startswith(" " * 9)
    assert lines[cause + 1][9] != " "


@pytest.mark.parametrize("words", ANSWERS)
def test_colours_are_on_a_terminal_that_does_not_say_no(words: str) -> None:
    assert COLOR.search(run(words).sent)
    assert not COLOR.search(run(words, NO_COLOR="1").sent)
    assert not COLOR.search(run(words, TERM="dumb").sent)


def test_colours_move_no_column() -> None:
    shown = run("open")
    assert COLOR.search(shown.sent)
    (column,) = {line.index("2026-11-21") for line in shown.lines if "2026-11-21" in line}
    assert column > len("  smoke  manual  success")


def test_a_property_that_takes_many_words_stays_in_its_column() -> None:
    lines = run("verify").lines
    (first,) = [number for number, line in enumerate(lines) if line.startswith("  task")]
    column = lines[first].index("because")
    assert lines[first + 1].startswith(" " * column)
    assert lines[first + 1][column] != " "
    (other,) = [line for line in lines if line.startswith("  ingress")]
    assert other.index("because") == column


@pytest.mark.parametrize("words", ["up", "status"])
def test_without_a_terminal_every_sentence_is_one_line_without_colours(words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *words.split()],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
    )
    assert "\x1b" not in done.stdout + done.stderr
    cause = "  cause: " + "because of a reason that takes many words to tell " * 4
    assert cause.rstrip() in [line.rstrip() for line in (done.stdout + done.stderr).splitlines()]


QUESTIONS = [("down --data", "[y/N]"), ("node prune --everything", "[y/N]"), ("users add ada", "assword")]


@pytest.mark.parametrize(("words", "question"), QUESTIONS)
def test_ctrl_c_at_a_question_changes_nothing_and_ends_with_130(words: str, question: str) -> None:
    shown = run(words, Typed(question, CTRL_C))
    assert shown.code == 130
    assert "CHANGED" not in shown.sent
    assert "Traceback" not in shown.sent
    assert "interrupted: Nothing was changed.  [usage.interrupted]" in shown.lines


@pytest.mark.parametrize("words", [words for words, _ in QUESTIONS[:2]])
def test_yes_at_the_same_question_changes_something(words: str) -> None:
    shown = run(words, Typed("[y/N]", b"y\n"))
    assert shown.code == 0
    assert "CHANGED" in shown.lines
