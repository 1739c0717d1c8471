"""Words KEY=VALUE of a command line, and secrets that it names or asks for. None is repeated: one may be a secret."""

from __future__ import annotations

import getpass
import sys
import warnings
from collections.abc import Sequence

from airstrip.cli.passwords import hidden
from airstrip.cli.render import Voice
from airstrip.errors import UsageError

_EXAMPLE = "--secret API_TOKEN=env:SALES_TOKEN"


def pairs(words: Sequence[str], rule: str, example: str) -> dict[str, str]:
    """By key. Raises UsageError without the word."""
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            raise UsageError("usage.wrong-command-line", rule, fix=f"For example: {example}")
        found[key] = value
    return found


def references(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """References by key, and the keys that have none: these are asked for."""
    rule = "a secret is KEY or KEY=REFERENCE, the key a variable's name"
    named = [word for word in words if "=" in word]
    asked = [word for word in words if "=" not in word]
    # What is asked for is keys alone.
    pairs([f"{key}=" for key in asked], rule, _EXAMPLE)
    return pairs(named, rule, _EXAMPLE), asked


def ask(keys: Sequence[str], voice: Voice) -> dict[str, str]:
    """Each once, without echo. Raises UsageError where nobody can be asked."""
    if not keys:
        return {}
    if not sys.stdin.isatty():
        raise _nobody(keys)
    with warnings.catch_warnings():
        # Where the terminal cannot be kept from showing what is typed, getpass only warns.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            values = {key: hidden(f"{key}:", voice) for key in keys}
        except (EOFError, getpass.GetPassWarning) as error:
            raise _nobody(keys) from error
    for key, value in values.items():
        if not value:
            raise UsageError("usage.empty-secret", f"{key} is empty", fix="Run the same command again.")
    return values


def require_some(words: object) -> None:
    """Raises UsageError where nothing is said."""
    if not any(vars(words).values()):
        raise UsageError("usage.wrong-command-line", "this would change nothing", fix="Name what to change.")


def _nobody(keys: Sequence[str]) -> UsageError:
    return UsageError(
        "usage.needs-secret",
        f"the value of {', '.join(keys)} is needed",
        cause="There is no terminal to ask on, it gave none, or it cannot hide what is typed.",
        fix=f"Name it: --secret {keys[0]}=env:NAME, --secret {keys[0]}=file:PATH",
    )
