"""System calls that Python 3.11 does not offer."""

from __future__ import annotations

import ctypes
import os
import signal

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 2
MS_NODEV = 4
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_SHARED = 1 << 20

_PR_SET_PDEATHSIG = 1
_CLONE_NUMBER = {"x86_64": 56, "aarch64": 220}

_libc = ctypes.CDLL(None, use_errno=True)


def clone_and_execute(flags: int, argv: list[str]) -> int:
    """Starts a program as the first process of new namespaces; returns its pid as we see it.

    The clone is raw, so the child does nothing but execute. Raises OSError (EPERM where
    namespaces are not allowed).
    """
    number = _CLONE_NUMBER.get(os.uname().machine)
    if number is None:
        raise OSError(f"no clone call is known for {os.uname().machine}")
    pid: int = _libc.syscall(number, ctypes.c_ulong(flags | signal.SIGCHLD), 0, 0, 0, 0)
    if pid < 0:
        raise _last_error("clone")
    if pid == 0:
        try:
            os.execv(argv[0], argv)
        finally:
            os._exit(127)
    return pid


def die_with_parent() -> None:
    """The kernel kills this process when the thread that started it ends."""
    if _libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0) != 0:
        raise _last_error("prctl")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    code = _libc.mount(
        source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), data.encode() or None
    )
    if code != 0:
        raise _last_error(f"mount {target}")


def _last_error(what: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")
