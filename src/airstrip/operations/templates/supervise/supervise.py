"""Runs a program, and ends everything that it started, whatever its end is. Standard library only.

    python supervise.py PARENT PROGRAM [ARGUMENT...]

It ends when the program does, when it is asked to (SIGTERM), and when PARENT, the process that started
it, goes. Then nothing is left: what the program's own children left behind becomes a child of this
process, and is killed too. The program has a session of its own: Ctrl-C comes through PARENT only.
"""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

_SET_PARENT_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36
# Less than the five seconds after which PARENT kills this process itself.
_GRACE_SECONDS = 3.0


class _Asked(BaseException):
    """To end."""


def main() -> int:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _ask)
    if os.getppid() != parent:
        return 1
    # Ctrl-C and closed pipes are the program's own business again.
    usual = [signal.SIGINT, signal.SIGPIPE]
    program = os.posix_spawn(command[0], command, os.environ, setsid=True, setsigdef=usual)
    code = 1
    try:
        code = _await(program)
    except _Asked:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with suppress(ProcessLookupError):
            os.kill(program, signal.SIGTERM)
        _await_all(program)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _kill_all()
    return code


def _ask(*_):
    raise _Asked


def _await(program):
    """Its exit code; others that end meanwhile are orphans of it."""
    while True:
        pid, status = os.wait()
        if pid == program:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _await_all(program):
    end = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < end:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == program:
            return
        if pid == 0:
            time.sleep(0.05)


def _kill_all():
    """Until there is none: what is killed may have started another one just before."""
    while True:
        for pid in _descendants():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _descendants():
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # The name of the program, in brackets, may hold anything.
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


if __name__ == "__main__":
    sys.exit(main())
