"""This machine, and the place that the cluster runs in."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose.facts import Facts, ProbeFact
from airstrip.diagnose.match import Match, lines
from airstrip.diagnose.rule import Rule
from airstrip.findings import Explanation

_MIB = 1 << 20


def lacks(facts: Facts) -> Iterator[Match]:
    if facts.place and facts.place.lacks and facts.place.state != "ready":
        fields = {"packages": "; ".join(facts.place.lacks), "names": _names(facts.place.lacks)}
        yield Match("place/packages", fields, "\n".join(f"not found: {each}" for each in facts.place.lacks))


def disk_nearly_full(facts: Facts) -> Iterator[Match]:
    for disk in facts.place.disks if facts.place else ():
        if disk.free < disk.needed:
            fields = {
                "path": disk.path,
                "purpose": disk.purpose,
                "free": str(disk.free // _MIB),
                "needed": str(disk.needed // _MIB),
            }
            yield Match(f"disk/{disk.path}", fields, f"{disk.free // _MIB} of {disk.total // _MIB} MiB are free")


def stopped(facts: Facts) -> Iterator[Match]:
    """As the place says, or, where that could not be looked at, whoever asked for its cluster."""
    cluster = facts.probe("kubernetes")
    unseen = facts.place is None and cluster is not None and cluster.code == NOT_RUNNING.code
    if unseen or (facts.place and facts.place.state == "stopped"):
        seen = f"place {facts.place.place}: {facts.place.state}" if facts.place else f"kubernetes: {_said(cluster)}"
        yield Match("place", {"name": facts.deployment.name if facts.deployment else "the deployment"}, seen)


def _said(probe: ProbeFact | None) -> str:
    return probe.detail or probe.code if probe else ""


def part_failing(facts: Facts) -> Iterator[Match]:
    for part in facts.place.parts if facts.place else ():
        if part.state == "failing":
            yield Match(f"place/{part.name}", {"part": part.name, "restarts": str(part.restarts)}, lines(part.log))


def starting(facts: Facts) -> Iterator[Match]:
    if facts.place and facts.place.state == "starting":
        waiting = [part.name for part in facts.place.parts if part.state not in ("ready", "done")]
        seen = [f"{part.name}: {part.state}" for part in facts.place.parts if part.name in waiting]
        fields = {"parts": ", ".join(waiting) or "its first process", "place": facts.place.place}
        yield Match("place", fields, "\n".join(seen) or f"place {facts.place.place}: {facts.place.state}")


def dags_closed(facts: Facts) -> Iterator[Match]:
    return _closed(facts, "dags")


def logs_closed(facts: Facts) -> Iterator[Match]:
    return _closed(facts, "logs")


def _closed(facts: Facts, purpose: str) -> Iterator[Match]:
    for folder in facts.place.folders if facts.place else ():
        if folder.purpose == purpose and folder.closed:
            yield Match(f"folder/{purpose}", {"path": folder.path}, "\n".join(folder.closed))


def _names(packages: object) -> str:
    assert isinstance(packages, list | tuple)
    return " ".join(str(package).split()[0] for package in packages)


MACHINE_RULES: tuple[Rule, ...] = (
    Rule(
        "host.disk-nearly-full",
        "the disk of {path} is nearly full: {free} MiB are free, {needed} should be",
        "It holds {purpose}; with less, pods are evicted, and builds and the database fail.",
        "Free room there; Airstrip's own: ./airstrip image prune; ./airstrip node prune",
        disk_nearly_full,
    ),
    Rule(
        "host.packages-missing",
        "this machine lacks programs that the node needs",
        "Not installed, or removed since the node was made: {packages}.",
        "As root, or with sudo: apt-get update && apt-get install -y --no-install-recommends {names}",
        lacks,
    ),
)

NOT_RUNNING = Explanation(
    "deployment.not-running",
    "{name} is not running",
    "It was never landed, was taken down, or this machine was started anew.",
    "Run: ./airstrip up   (as root, or with sudo)",
)

PLACE_RULES: tuple[Rule, ...] = (
    Rule.of(NOT_RUNNING, stopped),
    Rule(
        "place.part-failing",
        "{part}, a part of the node, ends again and again ({restarts} restarts)",
        "Its last log lines say why.",
        "Mend what they say; then, as root or with sudo: ./airstrip up",
        part_failing,
    ),
    Rule(
        "place.starting",
        "the place {place} is starting: {parts} not ready",
        "It was started a moment ago, or its start was interrupted.",
        "Look again in a minute; or, as root or with sudo: ./airstrip up",
        starting,
        frozenset({"place.part-failing"}),
    ),
)

FOLDER_RULES: tuple[Rule, ...] = (
    Rule(
        "dags.not-readable",
        "Airflow's pods cannot read {path}",
        "They run as user 50000 in group 0, and see the folder with this machine's owners and modes.",
        "Let others read it: chmod -R go+rX '{path}'",
        dags_closed,
    ),
    Rule(
        "logs.not-writable",
        "Airflow's pods cannot write logs into {path}",
        "They run as user 50000 in group 0, and the folder's owner or mode was changed.",
        "Give it back: chown 50000:0 '{path}' && chmod 2775 '{path}'   (`./airstrip up` does the same)",
        logs_closed,
    ),
)
