"""Yes-or-no questions: on the terminal, answered by --yes, or a coded error where nobody can answer."""

from __future__ import annotations

import sys
from collections.abc import Callable

from airstrip.cli.render import Voice
from airstrip.errors import UsageError


def make_confirm(voice: Voice, *, yes: bool, enter_agrees: bool) -> Callable[[str], bool]:
    """A function that asks `question` and returns the answer; Enter alone may agree."""

    def confirm(question: str) -> bool:
        return _ask(question, voice, yes=yes, default=enter_agrees)

    return confirm


def _ask(question: str, voice: Voice, *, yes: bool, default: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            "usage.needs-confirmation",
            question,
            cause="There is no terminal to ask on.",
            fix="Add --yes.",
        )
    try:
        voice.ask(f"{question} {'[Y/n]' if default else '[y/N]'}")
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        end_question()
        raise
    if not answer:
        return False
    return default if answer.isspace() else answer.strip().lower() in ("y", "yes")


def end_question() -> None:
    """After Ctrl-C the terminal is still on the question's line."""
    if sys.stderr.isatty():
        sys.stderr.write("\n")
