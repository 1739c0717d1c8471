"""Containers that their kubelet ends because a probe of theirs fails: by its events, for the exit code alone is any
kill's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from airstrip import times
from airstrip.diagnose import described
from airstrip.diagnose.facts import ContainerFact, EventFact, Facts
from airstrip.diagnose.match import Match, sentence, subject_of
from airstrip.diagnose.rule import Rule
from airstrip.findings import Explanation
from airstrip.kube.troubles import CRASH_REASONS

_KILLED = re.compile(r"^Container (?P<container>\S+?) failed (?P<probe>liveness|startup) probe\b")
_RECENT = 600.0
"""Seconds in which one that is ready again is still told of, where it was ended more than once."""
_GRACE = 120.0
"""Seconds from the decision to end a container to its end."""
_OF_KILLS = (137, 143)
"""Exit codes after SIGKILL and SIGTERM."""
_LOG_LINES = 10

PROBE_FAILING = Explanation(
    "pod.probe-failing",
    "the {probe} probe of {who} fails, so it is ended{again}",
    "Its kubelet ends it and starts it anew: {message}",
    "Read what it did before: kubectl -n {namespace} logs {pod} -c {container} --previous; then mend that, or its"
    " probe; where it is only slow, give it more CPU {where}",
)


def probe_failing(facts: Facts) -> Iterator[Match]:
    for pod, container in facts.containers():
        events = facts.events_about("Pod", pod.name, pod.namespace, pod.uid)
        for killing, probe in ended_by_probe(events, container.name):
            if _is_ended_again_and_again(container, killing) and _ended_its_last_life(facts, container, killing):
                fields = described.fields(pod, **fields_of(events, probe, container.name))
                named = {"who": f"{pod.name}/{container.name}", "again": _again(container)}
                seen = [*unhealthy(events, probe), killing]
                yield Match(subject_of(pod), {**fields, **named}, _evidence(seen, container.log))
                break


def ended_by_probe(events: Sequence[EventFact], container: str = "") -> Iterator[tuple[EventFact, str]]:
    """The kubelet's words on one container, or on any, with the probe that failed; the newest first."""
    for event in reversed(events):
        seen = _KILLED.match(event.message) if event.reason == "Killing" else None
        if seen and container in ("", seen["container"]):
            yield event, seen["probe"]


def unhealthy(events: Sequence[EventFact], probe: str = "") -> list[EventFact]:
    """What a probe, or any, said when it failed last."""
    said = [event for event in events if event.reason == "Unhealthy"]
    return [event for event in said if event.message.lower().startswith(probe)][-1:]


def fields_of(events: Sequence[EventFact], probe: str, container: str) -> dict[str, str]:
    said = unhealthy(events, probe)
    message = sentence(said[0].message if said else f"its {probe} probe fails")
    return {"probe": probe, "container": container, "message": message}


def told(event: EventFact) -> str:
    return f"{event.reason}: {event.message}"


def container_of(event: EventFact) -> str:
    seen = _KILLED.match(event.message)
    return seen["container"] if seen else ""


def _is_ended_again_and_again(container: ContainerFact, killing: EventFact) -> bool:
    """Looping, or not ready once more; or ready between two ends."""
    if container.state == "waiting" and container.reason in CRASH_REASONS:
        return True
    is_recent = container.last_ended is not None and container.last_ended < _RECENT
    return container.restarts >= 2 and (not container.ready or (killing.count >= 2 and is_recent))


def _ended_its_last_life(facts: Facts, container: ContainerFact, killing: EventFact) -> bool:
    """With another exit code than a kill's, one that was ended long ago may have crashed by itself since. With a kill's
    the event may be old: of a pod that goes on so, the kubelet soon sends few."""
    if container.last_exit_code in _OF_KILLS:
        return True
    if not facts.collected or not killing.last_seen or container.last_ended is None:
        return True
    return times.age(killing.last_seen, times.moment(facts.collected)) <= container.last_ended + _GRACE


def _again(container: ContainerFact) -> str:
    return f" again and again ({container.restarts} restarts)"


def _evidence(seen: Sequence[EventFact], log: Sequence[str]) -> str:
    return "\n".join([*map(told, seen), *log[-_LOG_LINES:]])


PROBE_RULES: tuple[Rule, ...] = (Rule.of(PROBE_FAILING, probe_failing),)
"""Before whatever tells of containers that end again and again."""
