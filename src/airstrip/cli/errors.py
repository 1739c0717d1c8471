"""Failures in words: what failed, its likely cause, what to do next, and the tool's own output beneath."""

from __future__ import annotations

import sys
import traceback

from airstrip.cli.colors import paint
from airstrip.errors import AirstripError, Problem, SpecError

_NEXT = {
    "up": "What was made stays. `./airstrip up` goes on from there, `./airstrip down` takes it away.",
    "down": "Some of it is gone. Run `./airstrip down` again.",
    "run": "The DAG run goes on. Look at it with `./airstrip status`.",
    "node build": "What was built is kept. `./airstrip node build` goes on from there.",
    "node start": "Run `./airstrip node start` again, or `./airstrip node stop`.",
    "node stop": "Run `./airstrip node stop` again.",
}


class Interrupted(AirstripError):
    """Ctrl-C."""

    exit_code = 130

    def __init__(self, verb: str) -> None:
        super().__init__("usage.interrupted", "interrupted", fix=_NEXT.get(verb, f"Run `./airstrip {verb}` again."))


def unexpected(error: Exception) -> AirstripError:
    """A defect of ours, as an error like all others."""
    return AirstripError(
        "internal.unexpected",
        f"{type(error).__name__}: {error}",
        cause="This is a defect in Airstrip.",
        fix="Run the same command with --debug and report what it prints.",
    )


def show_error(error: AirstripError, *, traceback_of: BaseException | None = None) -> None:
    """Writes an error to stderr, with a traceback where one is given."""
    print(format_error(error), file=sys.stderr)
    if traceback_of is not None:
        traceback.print_exception(traceback_of, file=sys.stderr)


def format_error(error: AirstripError) -> str:
    if isinstance(error, Interrupted):
        return f"interrupted: {error.fix}"
    lines = [f"{paint('error:', 'red', sys.stderr)} {error.message}  [{error.code}]"]
    if isinstance(error, SpecError):
        return "\n".join(lines + [line for problem in error.problems for line in _format_problem(problem)])
    if error.cause:
        lines.append(f"  cause: {error.cause}")
    if error.fix:
        lines.append(f"  fix:   {error.fix}")
    if error.details:
        lines += ["", *(f"  | {line}" for line in error.details.splitlines())]
    return "\n".join(lines)


def _format_problem(problem: Problem) -> list[str]:
    lines = ["", f"{problem.place}: {problem.message}  [{problem.code}]"]
    if problem.text:
        # Under a line that was cut or that a tab widens, a caret would point elsewhere.
        exact = problem.column <= len(problem.text) + 1 and "\t" not in problem.text
        lines += [f"  | {problem.text}", *([f"  | {' ' * (problem.column - 1)}^"] if exact else [])]
    return [*lines, f"  fix: {problem.fix}"]
