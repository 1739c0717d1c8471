"""Runs probes side by side, each with a deadline: one that hangs or fails never keeps the others from telling."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace

from airstrip.diagnose.facts import Facts, ProbeFact
from airstrip.errors import AirstripError

DEADLINE = 5.0
"""Seconds for a probe."""
LIMIT = 8.0
"""Seconds for all of them, however many need each other. `doctor` takes 15 s at most: starting takes one or two, and
several on a machine that is busy."""


@dataclass(frozen=True)
class Probe:
    """One look at one thing.

    `collect` gets what the probes that it `needs` have found, and gives Facts with what it adds; `probes` of these,
    if any, say how it went itself, by whatever name. It may raise, which is recorded. It reads, and never changes
    anything.
    """

    name: str
    collect: Callable[[Facts], Facts]
    needs: tuple[str, ...] = ()
    deadline: float = DEADLINE


@dataclass
class _Round:
    facts: Facts
    waiting: list[Probe]
    limit: float
    began: dict[str, float] = field(default_factory=dict)
    ended: dict[str, ProbeFact] = field(default_factory=dict)
    answers: queue.SimpleQueue[tuple[str, Facts | ProbeFact]] = field(default_factory=queue.SimpleQueue)


def run_probes(probes: Sequence[Probe], facts: Facts, *, limit: float = LIMIT) -> Facts:
    """`facts` with what all probes found in `limit` seconds, and in `probes` how each of them went, in their order.

    Raises ValueError for probes of which one could never begin.
    """
    _check(probes)
    now = _Round(facts, list(probes), time.monotonic() + limit)
    by_name = {probe.name: probe for probe in probes}
    while len(now.ended) < len(by_name):
        _start(now)
        _take(now, by_name)
    return replace(now.facts, probes=(*facts.probes, *(now.ended[probe.name] for probe in probes)))


def _check(probes: Sequence[Probe]) -> None:
    """Each name once, and nothing needed that is not there or that needs it in turn: that would never end."""
    open_ones = {probe.name: set(probe.needs) for probe in probes}
    if len(open_ones) < len(probes):
        raise ValueError(f"two probes have one name: {', '.join(probe.name for probe in probes)}")
    ready: set[str] = set()
    while able := {name for name, needs in open_ones.items() if needs <= ready}:
        ready |= able
        open_ones = {name: needs for name, needs in open_ones.items() if name not in able}
    if open_ones:
        each = (f"{name} needs {', '.join(sorted(needs - ready))}" for name, needs in open_ones.items())
        raise ValueError(f"probes that can never begin: {'; '.join(each)}")


def _start(now: _Round) -> None:
    """Starts what has all that it needs, and skips what will never have it."""
    for probe in list(now.waiting):
        lacking = [name for name in probe.needs if name in now.ended and now.ended[name].state != "ok"]
        if lacking:
            now.ended[probe.name] = ProbeFact(probe.name, "skipped", f"needs {', '.join(lacking)}")
        elif all(name in now.ended for name in probe.needs):
            now.began[probe.name] = time.monotonic()
            # A daemon: a thread that hangs in a system call must not keep the process from ending.
            threading.Thread(target=_collect, args=(probe, now.facts, now.answers), daemon=True).start()
        else:
            continue
        now.waiting.remove(probe)


def _collect(probe: Probe, facts: Facts, answers: queue.SimpleQueue[tuple[str, Facts | ProbeFact]]) -> None:
    try:
        answers.put((probe.name, probe.collect(facts)))
    except AirstripError as error:
        said = ProbeFact(probe.name, "failed", error.message, 0.0, error.code, error.cause, error.fix)
        answers.put((probe.name, said))
    except Exception as error:
        # Whatever is wrong there, the other probes tell what they saw; this one says that it did not.
        answers.put((probe.name, ProbeFact(probe.name, "failed", f"{type(error).__name__}: {error}")))


def _take(now: _Round, by_name: dict[str, Probe]) -> None:
    """Waits for the next answer, or for the next deadline."""
    running = {
        name: min(began + by_name[name].deadline, now.limit)
        for name, began in now.began.items()
        if name not in now.ended
    }
    if not running:
        return
    first = min(running, key=lambda name: running[name])
    try:
        name, answer = now.answers.get(timeout=max(0.0, running[first] - time.monotonic()))
    except queue.Empty:
        seconds = max(0.0, running[first] - now.began[first])
        now.ended[first] = ProbeFact(first, "failed", f"no answer within {seconds:.0f} s", seconds, "probe.timeout")
        return
    if name in now.ended:
        return
    seconds = round(time.monotonic() - now.began[name], 3)
    if isinstance(answer, ProbeFact):
        now.ended[name] = replace(answer, seconds=seconds)
    else:
        now.facts = _joined(now.facts, answer)
        went = answer.probes[0] if answer.probes else ProbeFact(name, "ok")
        now.ended[name] = replace(went, name=name, seconds=seconds)


def _joined(facts: Facts, more: Facts) -> Facts:
    """What `more` says goes before what was known; what it leaves at its default it does not speak of.

    What is stuck several tell, each of another kind.
    """
    said = {field.name: getattr(more, field.name) for field in fields(Facts)}
    said["stuck"] = (*facts.stuck, *more.stuck)
    if facts.airflow and more.airflow:
        said["airflow"] = facts.airflow.joined(more.airflow)
    empty = Facts()
    return replace(facts, **{name: value for name, value in said.items() if value != getattr(empty, name)})
