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
# What is another user's, as by sudo, cannot be killed.
_KILL_SECONDS = 10.0
_HEARD = (signal.SIGCHLD, signal.SIGTERM)


def main() -> int:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    # Blocked to the end, and heard by sigwait alone: none comes at a moment when nobody looks.
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.getppid() != parent:
        return 1
    # Ctrl-C and closed pipes are the program's own business again.
    usual = [signal.SIGINT, signal.SIGPIPE]
    program = os.posix_spawn(command[0], command, os.environ, setsid=True, setsigdef=usual, setsigmask=())
    # Its stdin may hold secrets, and is its alone.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = _await(program)
    if code is None:
        os.kill(program, signal.SIGTERM)
        _await_end(program)
    _kill_all()
    return 1 if code is None else code


def _await(program):
    """Its exit code, None when we are asked to end."""
    while True:
        ended = _ended()
        if program in ended:
            code = os.waitstatus_to_exitcode(ended[program])
            return code if code >= 0 else 128 - code
        if signal.sigwait(_HEARD) == signal.SIGTERM:
            return None


def _await_end(program):
    end = time.monotonic() + _GRACE_SECONDS
    while time.monotonic() < end and program not in _ended():
        time.sleep(0.05)


def _ended():
    """Status by process, of those that have ended; others than the program are orphans of it."""
    found = {}
    with suppress(ChildProcessError):
        while (one := os.waitpid(-1, os.WNOHANG))[0]:
            found[one[0]] = one[1]
    return found


def _kill_all():
    """Until there is none: what is killed may have started another one just before."""
    end = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < end:
        for pid in _descendants():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        _ended()
        if not _descendants():
            return
        time.sleep(0.02)


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
