"""Several logs that are followed at once, as one."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from queue import Full, Queue

_WAITING_LINES = 1000
_LOOK_SECONDS = 0.5
_Lines = Queue[str | BaseException | None]
"""Of each source lines, and at its end None or what it raised."""


def merge(sources: Sequence[Iterator[str]], stop: threading.Event) -> Iterator[str]:
    """Lines of all as they come, until all have ended; raises what one of them raises.

    Each is read in a thread of its own. At the end, whatever ends it, `stop` is set for them.
    """
    merged: _Lines = Queue(_WAITING_LINES)
    for source in sources:
        # A daemon: one that waits for a line does not keep the process from ending.
        threading.Thread(target=_read, args=(source, merged, stop), daemon=True).start()
    running = len(sources)
    try:
        while running:
            given = merged.get()
            if isinstance(given, BaseException):
                raise given
            if given is None:
                running -= 1
            else:
                yield given
    finally:
        stop.set()


def _read(source: Iterator[str], merged: _Lines, stop: threading.Event) -> None:
    try:
        for line in source:
            if not _hand_over(line, merged, stop):
                return
        _hand_over(None, merged, stop)
    except BaseException as error:
        _hand_over(error, merged, stop)


def _hand_over(given: str | BaseException | None, merged: _Lines, stop: threading.Event) -> bool:
    """Waits for whoever reads slowly; False once nobody reads any more."""
    while not stop.is_set():
        with contextlib.suppress(Full):
            merged.put(given, timeout=_LOOK_SECONDS)
            return True
    return False
