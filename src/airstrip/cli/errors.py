"""Failures in words: what failed, its likely cause, what to do next, and the tool's own output beneath."""

from __future__ import annotations

import errno
import sys
import traceback

from airstrip.cli.colors import paint
from airstrip.cli.finding_text import finding_lines
from airstrip.cli.lines import write_json_event
from airstrip.cli.width import fold
from airstrip.errors import AirstripError, Problem, SpecError

_USERS = ("users add", "users set-role", "users reset-password", "users delete")
_NEXT = {
    **dict.fromkeys(_USERS, "It may be done already. Look at it with `./airstrip users list`."),
    "up": "What was made stays. `./airstrip up` goes on from there, `./airstrip down` takes it away.",
    "down": "Some of it is gone. Run `./airstrip down` again.",
    "run": "A DAG run that had begun goes on. Look at it with `./airstrip status`.",
    "dev": "Nothing of it runs any more.",
    "test": "Nothing of it runs any more.",
    "test --upgrade-check": "Nothing of it runs any more.",
    "verify": "What it had made is taken away, at the latest by the next `./airstrip verify`.",
    "logs": "What was followed goes on. Look at it with `./airstrip logs` and `./airstrip status`.",
    "node build": "What was built is kept. `./airstrip node build` goes on from there.",
    "node start": "Run `./airstrip node start` again, or `./airstrip node stop`.",
    "node stop": "Run `./airstrip node stop` again.",
}


_REFUSED = (errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_LOOKING = ("logs",)
"""These change nothing themselves, and what they look at goes on."""


class Interrupted(AirstripError):
    """Ctrl-C. Before any work has begun there is nothing to mend."""

    exit_code = 130

    def __init__(self, verb: str, *, has_begun: bool) -> None:
        again = _NEXT.get(verb) or f"Run `./airstrip {verb}` again."
        fix = again if has_begun or verb in _LOOKING else "Nothing was changed."
        super().__init__("usage.interrupted", "interrupted", fix=fix)


def unexpected(error: Exception) -> AirstripError:
    """What nobody foresaw, as an error like all others: a defect of ours, unless the machine refused."""
    if isinstance(error, OSError) and error.errno in _REFUSED:
        # Of a copy that did not fit, the second is the one that could not be written. A write alone names none.
        file = (error.errno in _FULL and error.filename2) or error.filename
        return AirstripError(
            "file.refused",
            f"{file}: {error.strerror}" if file else str(error.strerror),
            cause="This machine refused it: whose file it is, a full disk, or a file system that is read-only.",
            fix="Mend that, then run the same command again.",
        )
    return AirstripError(
        "internal.unexpected",
        f"{type(error).__name__}: {error}",
        cause="This is a defect in Airstrip.",
        fix="Run the same command with --debug and report what it prints.",
    )


def with_clean_up(error: AirstripError, verb: str, *, has_begun: bool) -> AirstripError:
    """A landing that failed keeps what it made, as evidence: the error says how to take it away."""
    if verb == "up" and has_begun:
        error.fix = f"{error.fix} {_NEXT[verb]}".strip()
    return error


def show_lost(error: AirstripError, *, json: bool) -> None:
    """On stderr in any case: stdout is what cannot be written."""
    if json:
        write_json_event({"event": "error", **error.to_dict()})
    else:
        show_error(error)


def show_error(error: AirstripError) -> None:
    print(format_error(error), file=sys.stderr)


def show_traceback(error: BaseException, *, json: bool) -> None:
    """On stderr; as one more event with --json."""
    if json:
        write_json_event({"event": "traceback", "text": "".join(traceback.format_exception(error))})
    else:
        traceback.print_exception(error, file=sys.stderr)


def format_error(error: AirstripError) -> str:
    if isinstance(error, Interrupted):
        return "\n".join(fold(f"interrupted: {error.fix}  [{error.code}]", sys.stderr))
    lines = fold(f"{paint('error:', 'red', sys.stderr)} {error.message}  [{error.code}]", sys.stderr)
    if isinstance(error, SpecError):
        return "\n".join(lines + [line for problem in error.problems for line in _format_problem(problem)])
    if error.cause:
        lines += fold(f"  cause: {error.cause}", sys.stderr, 9)
    if error.fix:
        lines += fold(f"  fix:   {error.fix}", sys.stderr, 9)
    if error.details:
        lines += ["", *(f"  | {line}" for line in error.details.splitlines())]
    for finding in error.findings:
        lines += finding_lines(finding, sys.stderr)
    return "\n".join(lines)


def _format_problem(problem: Problem) -> list[str]:
    lines = ["", *fold(f"{problem.place}: {problem.message}  [{problem.code}]", sys.stderr)]
    if problem.text:
        # Under a line that was cut or that a tab widens, a caret would point elsewhere.
        exact = problem.column <= len(problem.text) + 1 and "\t" not in problem.text
        lines += [f"  | {problem.text}", *([f"  | {' ' * (problem.column - 1)}^"] if exact else [])]
    return [*lines, *fold(f"  fix: {problem.fix}", sys.stderr, 7)]
