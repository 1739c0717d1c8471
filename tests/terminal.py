"""A real terminal of 80 columns, and what a program shows on it."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

COLUMNS = 80
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOR = re.compile(r"\x1b\[(?:\d+;)*(?:3|4|9)\d[;\d]*m")


@dataclass(frozen=True)
class Shown:
    """How a program ended, and all that it sent to its terminal."""

    code: int
    sent: str

    @property
    def lines(self) -> list[str]:
        """What was written from a line's start to its end, also what was drawn over; without colours."""
        return [line.rstrip() for line in re.split(r"[\r\n]+", _ESCAPE.sub("", self.sent))]

    @property
    def too_long(self) -> list[str]:
        return [line for line in self.lines if len(line) > COLUMNS]


@dataclass(frozen=True)
class Typed:
    """Keys that somebody presses when the terminal has shown a text: CTRL_C is what the terminal makes a SIGINT of."""

    after: str
    keys: bytes


CTRL_C = b"\x03"


def show(
    argv: Sequence[str], variables: Mapping[str, str], *, typed: Typed | None = None, timeout: float = 300
) -> Shown:
    """Runs a program whose input, output and errors are a terminal; variables are added to the environment."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    with subprocess.Popen(
        argv,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=_environment(variables),
        start_new_session=True,
        preexec_fn=_take_terminal,
    ) as process:
        os.close(theirs)
        try:
            sent = _read(ours, typed)
            code = process.wait(timeout)
        finally:
            os.close(ours)
            if process.poll() is None:
                process.kill()
    return Shown(code, sent.decode(errors="replace"))


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Without what would tell another width or wish than the terminal's own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    return {**kept, "TERM": "xterm-256color", **variables}


def _take_terminal() -> None:
    """In the child, once its input is the terminal: Ctrl-C there is then meant for it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(descriptor: int, typed: Typed | None) -> bytes:
    """Until nobody has the other end open."""
    sent = b""
    while True:
        if typed and typed.after.encode() in sent:
            os.write(descriptor, typed.keys)
            typed = None
        try:
            part = os.read(descriptor, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return sent
        if not part:
            return sent
        sent += part
