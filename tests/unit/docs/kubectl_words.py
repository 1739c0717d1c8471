"""What fixes use of kubectl: its verbs with their flags, as its own reference has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.unit.docs.fix_commands import UNKNOWN

_EVERYWHERE = frozenset({"-n"})


@dataclass(frozen=True)
class Verb:
    """`least`: how many words it needs beside its flags; `valued` are those of them that take a value."""

    least: int
    valued: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()


VERBS = {
    "apply": Verb(0, frozenset({"-f"})),
    "create configmap": Verb(1, frozenset({"--from-file"})),
    "create namespace": Verb(1),
    "create rolebinding": Verb(1, frozenset({"--clusterrole", "--user"})),
    "create secret docker-registry": Verb(1, frozenset({"--docker-server", "--docker-username", "--docker-password"})),
    "create secret generic": Verb(1, frozenset({"--from-literal"})),
    "create serviceaccount": Verb(1),
    "delete": Verb(1, frozenset({"-l", "--grace-period"}), frozenset({"--force"})),
    "describe": Verb(1),
    "edit": Verb(1),
    "exec": Verb(1),
    "get": Verb(1, frozenset({"-l", "-o"}), frozenset({"--watch", "--show-labels"})),
    "label": Verb(3),
    "logs": Verb(1, frozenset({"-c"}), frozenset({"--previous"})),
    "patch": Verb(2, frozenset({"-p", "--type"})),
}
_SINGULAR = frozenset(
    {"configmap", "endpointslice", "limitrange", "namespace", "node", "pod", "pvc", "resourcequota", "secret"}
    | {"job", "pv", "serviceaccount", "validatingwebhookconfiguration", "mutatingwebhookconfiguration", "deployment"}
)
_OF_KINDS = ("delete", "describe", "edit", "get", "label", "patch")
KINDS = _SINGULAR | {f"{kind}s" for kind in _SINGULAR}


def problem(words: Sequence[str]) -> str:
    """What kubectl would not take of it; empty where it takes all."""
    inner = words.index("--") if "--" in words else len(words)
    left, flags = _flags(words[:inner])
    name = next((name for name in VERBS if left[: len(name.split())] == name.split()), "")
    if not name:
        return f"no such verb: {left[:1]}"
    verb, arguments = VERBS[name], left[len(name.split()) :]
    if unknown := {*flags} - {*verb.valued, *verb.plain, *_EVERYWHERE}:
        return f"{name} has no {unknown}"
    if missing := [flag for flag, value in flags.items() if flag in {*verb.valued, *_EVERYWHERE} and not value]:
        return f"{missing} need a value"
    if len(arguments) < verb.least:
        return f"{name} needs more than {arguments}"
    if name in _OF_KINDS and not {*arguments[0].split(",")} <= KINDS | {UNKNOWN}:
        return f"no such kind: {arguments[0]}"
    return ""


def _flags(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """(words beside flags, flags with their values)."""
    valued = {flag for verb in VERBS.values() for flag in verb.valued} | _EVERYWHERE
    left: list[str] = []
    flags: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        flag, _, value = word.partition("=")
        if word.startswith("-"):
            flags[flag] = value or (next(rest, "") if flag in valued else "")
        else:
            left.append(word)
    return left, flags
