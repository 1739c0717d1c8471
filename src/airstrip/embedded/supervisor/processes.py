"""The components as running processes: what state each is in, and when it may start again."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from . import logs
from .plan import Component

State = Literal["waiting", "starting", "ready", "done", "failing"]
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 10.0
_STEADY = 30.0


@dataclass
class Running:
    """A component and its process. Times are of the monotonic clock, in seconds."""

    component: Component
    log: int
    state: State = "waiting"
    pid: int | None = None
    restarts: int = 0
    exit: int | None = None
    started: float = 0.0
    not_before: float = 0.0
    wait: float = field(default=_FIRST_WAIT)

    @property
    def settled(self) -> bool:
        return self.state in ("ready", "done")

    def start(self) -> None:
        """Starts the process in a session of its own; a program that is missing counts as an exit."""
        self.started = time.monotonic()
        self.state = "starting"
        argv = list(self.component.argv)
        try:
            self.pid = os.posix_spawn(
                argv[0],
                argv,
                dict(self.component.env),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, self.log, 1),
                    (os.POSIX_SPAWN_DUP2, self.log, 2),
                ],
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM],
            )
        except OSError as error:
            os.write(self.log, f"supervisor: {argv[0]}: {error.strerror}\n".encode())
            self.ended(127)

    def ended(self, code: int, *, expected: bool = False) -> None:
        """Notes the exit code (negative: a signal) and, unless it was expected, when the next try is due."""
        now = time.monotonic()
        self.pid, self.exit = None, code
        if self.component.once and code == 0:
            self.state = "done"
            return
        if expected:
            self.state = "waiting"
            return
        if now - self.started > _STEADY:
            self.wait = _FIRST_WAIT
        os.write(self.log, f"supervisor: ended with {code}; next start in {self.wait:.1f} s\n".encode())
        self.state = "failing"
        self.restarts += 1
        self.not_before = now + self.wait
        self.wait = min(self.wait * 2, _LONGEST_WAIT)

    def became_ready(self) -> None:
        self.state = "ready"

    def send(self, number: int) -> None:
        if self.pid is not None:
            os.kill(self.pid, number)

    def to_dict(self) -> dict[str, Any]:
        return {"state": self.state, "pid": self.pid, "restarts": self.restarts, "exit": self.exit}


def prepare(components: tuple[Component, ...], folder: Path) -> dict[str, Running]:
    """Every component, waiting, with its log opened; by name, in the plan's order."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {entry.name: Running(entry, logs.open_log(folder, entry.name)) for entry in components}


def stop_order(components: tuple[Component, ...]) -> list[list[Component]]:
    """Groups that can stop together: a component after everything that needs it."""
    left = {component.name: component for component in components}
    groups: list[list[Component]] = []
    while left:
        needed = {name for component in left.values() for name in component.needs}
        group = [component for name, component in left.items() if name not in needed]
        groups.append(group)
        for component in group:
            del left[component.name]
    return groups
