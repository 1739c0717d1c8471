"""Programs that we run: a `Command` is a value that can be read and tested, `run` executes it.

The only importer of subprocess (embedded's supervisor, which runs alone, is the exception).
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from airstrip.errors import CommandError

_TAIL_LINES = 40
# How long a program may take to end of itself once it is asked to.
_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Command:
    """A program with its arguments.

    `env` is added to our own environment (None removes a variable); secrets go into `env` or
    `stdin`, never into `argv`, which is printed. `tied` has the kernel kill the program (not what it
    starts in turn) when the thread that started it ends, as by kill -9; for Linux.
    """

    argv: Sequence[str]
    env: Mapping[str, str | None] = field(default_factory=dict)
    cwd: Path | None = None
    stdin: bytes | None = field(default=None, repr=False)
    tied: bool = False

    def __str__(self) -> str:
        """Pasteable into a shell; without the environment."""
        return shlex.join(self.argv)


@dataclass(frozen=True)
class Completed:
    """How a command ended: both outputs decoded, replacement characters where not UTF-8."""

    command: Command
    exit_code: int
    stdout: str
    stderr: str


def _environment(command: Command) -> dict[str, str]:
    merged: dict[str, str | None] = {**os.environ, **command.env}
    return {name: value for name, value in merged.items() if value is not None}


def _argv(command: Command, environment: Mapping[str, str]) -> list[str]:
    """What is executed. Raises OSError where setpriv would only find out that there is no such program."""
    argv = list(command.argv)
    if not command.tied:
        return argv
    if shutil.which(argv[0], path=environment.get("PATH")) is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
    return ["setpriv", "--pdeathsig", "KILL", "--", *argv]


def run(command: Command, *, check: bool = True, timeout: float | None = None) -> Completed:
    """Runs a command to its end and returns its output.

    Raises CommandError when it cannot be started, takes longer than `timeout` seconds, or (with
    `check`) exits with anything but 0.
    """
    environment = _environment(command)
    try:
        done = subprocess.run(
            _argv(command, environment),
            env=environment,
            cwd=command.cwd,
            input=command.stdin,
            stdin=subprocess.DEVNULL if command.stdin is None else None,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        raise _not_started(command, error) from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(
            "process.timeout",
            f"{command.argv[0]} did not end within {timeout:.0f} s",
            fix=f"Run it by hand to see what it waits for: {command}",
            details=_tail((error.stdout or b"").decode(errors="replace")),
        ) from error
    completed = Completed(
        command, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )
    if check and done.returncode != 0:
        raise _failed(command, done.returncode, completed.stdout + completed.stderr)
    return completed


def stream(command: Command, on_line: Callable[[str], None]) -> None:
    """Runs a command, gives it its stdin, and hands over each line that it prints (both outputs) as it comes.

    Raises CommandError with the last lines when it exits with anything but 0; on Ctrl-C the
    program is stopped before the interrupt goes on, killed when it does not listen.
    """
    lines: list[str] = []
    environment = _environment(command)
    try:
        process = subprocess.Popen(
            _argv(command, environment),
            env=environment,
            cwd=command.cwd,
            stdin=subprocess.DEVNULL if command.stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise _not_started(command, error) from error
    with process:
        try:
            assert process.stdout is not None
            if process.stdin is not None and command.stdin is not None:
                # Beside the reading: neither waits for the other when both pipes are full.
                threading.Thread(target=_feed, args=(process.stdin, command.stdin), daemon=True).start()
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                del lines[:-_TAIL_LINES]
                on_line(lines[-1])
        except BaseException:
            _stop(process)
            raise
    if process.returncode != 0:
        raise _failed(command, process.returncode, "\n".join(lines))


def _feed(stdin: IO[str], content: bytes) -> None:
    # A program may end, or close it, before it has read all.
    with suppress(OSError), stdin, open(stdin.fileno(), "wb", closefd=False) as pipe:
        pipe.write(content)


def _stop(process: subprocess.Popen[str]) -> None:
    """Asks a program to end, and kills it when it does not, or when we are not to wait."""
    try:
        process.terminate()
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
    except BaseException:
        process.kill()
        raise


def _not_started(command: Command, error: OSError) -> CommandError:
    program = "setpriv" if error.filename == "setpriv" else command.argv[0]
    return CommandError(
        "process.not-started",
        f"{program} cannot be started: {error.strerror}",
        fix=f"Install {Path(program).name}, or check PATH.",
    )


def _failed(command: Command, exit_code: int, output: str) -> CommandError:
    error = CommandError(
        "process.failed",
        f"{Path(command.argv[0]).name} failed with exit code {exit_code}",
        cause=f"The command was: {command}",
        details=_tail(output),
    )
    error.returned = exit_code
    return error


def _tail(text: str) -> str:
    return "\n".join(text.rstrip().splitlines()[-_TAIL_LINES:])
