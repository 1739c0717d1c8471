"""A new password: asked for without echo, or read from stdin or a file. Never an argument, which others can see."""

from __future__ import annotations

import getpass
import sys
import warnings
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from airstrip.cli.confirm import end_question
from airstrip.cli.render import Voice
from airstrip.errors import UsageError

_LONGEST = 4096

FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")]
FromFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Read the password from a file.", show_default=False),
]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password, and print only it.")]


def read_password(username: str, voice: Voice, *, stdin: bool, file: Path | None, generate: bool) -> str | None:
    """The password by the one way that was chosen, else by asking twice; None where one is to be generated."""
    if stdin + (file is not None) + generate > 1:
        raise UsageError(
            "usage.wrong-command-line",
            "--password-stdin, --password-file and --generate exclude each other",
            fix="Choose one of them.",
        )
    if generate:
        return None
    if file is not None:
        return _read_file(file)
    if sys.stdin.isatty():
        return _ask(username, voice)
    if stdin:
        return _one_line(sys.stdin.buffer, "stdin")
    raise _none_given(username)


def _none_given(username: str) -> UsageError:
    return UsageError(
        "usage.needs-password",
        f"a password for {username} is needed",
        cause="There is no terminal to ask on, it gave none, or it cannot hide what is typed.",
        fix="Add --password-stdin, --password-file FILE or --generate.",
    )


def _read_file(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return _one_line(stream, str(file))
    except OSError as error:
        raise UsageError(
            "users.password-unreadable",
            f"{file} cannot be read: {error.strerror}",
            fix="Check its path and whose it is.",
        ) from error


def _one_line(stream: BinaryIO, source: str) -> str:
    """All that is there but the end of its line."""
    raw = stream.read(_LONGEST + 1)
    try:
        text = raw.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        text = "\n"
    if len(raw) > _LONGEST or not text or not text.isprintable():
        # Without what was read: it may be a secret.
        raise UsageError(
            "users.password-unreadable",
            f"{source} does not hold a password",
            cause="A password is one line of text, and not an empty one.",
            fix="Write nothing else there: printf '%s' \"$PASSWORD\" | ./airstrip users … --password-stdin",
        )
    return text


def _ask(username: str, voice: Voice) -> str:
    with warnings.catch_warnings():
        # Where the terminal cannot be kept from showing what is typed, getpass only warns.
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            first = hidden(f"New password of {username}:", voice)
            again = hidden("Once more:", voice)
        except (EOFError, getpass.GetPassWarning) as error:
            raise _none_given(username) from error
    if first != again:
        raise UsageError("users.passwords-differ", "the two passwords differ", fix="Run the same command again.")
    return first


def hidden(question: str, voice: Voice) -> str:
    """The voice asks: what it draws would go over getpass's own words."""
    try:
        voice.ask(question)
        return getpass.getpass("")
    except KeyboardInterrupt:
        end_question()
        raise
