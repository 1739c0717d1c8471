"""The way to the cluster: kubeconfig, certificates, an API server that answers, clocks that agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match, sentence
from airstrip.diagnose.place_rules import MACHINE_RULES, PLACE_RULES
from airstrip.diagnose.rule import Rule

_KUBERNETES = "kubernetes"
_TIMEOUT = "probe.timeout"
_SKEW = 30.0
"""Seconds. Tokens and certificates are checked to the second, with some tolerance."""
_BENEATH = frozenset(rule.code for rule in (*MACHINE_RULES, *PLACE_RULES)) - {"host.disk-nearly-full"}
"""Little room may bring about anything, and explains none of it."""


def _failed(code: str) -> Callable[[Facts], Iterator[Match]]:
    """By the code of the error with which the first look at the place or at the cluster ended."""

    def matches(facts: Facts) -> Iterator[Match]:
        for name in ("place", _KUBERNETES):
            probe = facts.probe(name)
            if probe and probe.state == "failed" and probe.code == code:
                cause = sentence(probe.cause) if probe.cause else "The message says it."
                fields = {"message": probe.detail, "cause": cause, "fix": probe.fix or "./airstrip up"}
                yield Match("kubernetes", fields, f"{name}: {probe.detail}")

    return matches


def _timeout(facts: Facts) -> Iterator[Match]:
    probe = facts.probe(_KUBERNETES)
    if probe and probe.state == "failed" and probe.code in (_TIMEOUT, "kubernetes.timeout"):
        yield Match("kubernetes", {"seconds": f"{probe.seconds:.0f}"}, probe.detail)


def _clock(facts: Facts) -> Iterator[Match]:
    if facts.clock is not None and abs(facts.clock) > _SKEW:
        seen = f"the API server's Date against this machine's clock: {facts.clock:+.1f} s"
        yield Match("clock", {"who": "the API server's clock", "seconds": f"{facts.clock:+.0f}"}, seen)
    for node in facts.nodes:
        if node.clock > _SKEW:
            fields = {"who": f"the clock of node {node.name}", "seconds": f"{node.clock:+.0f}"}
            seen = f"Lease {node.name}: renewTime is {node.clock:.1f} s in the future"
            yield Match(f"clock/{node.name}", fields, seen)


def _access_rule(code: str) -> Rule:
    return Rule(code, "{message}", "{cause}", "{fix}", _failed(code), _BENEATH)


ACCESS_RULES: tuple[Rule, ...] = (
    _access_rule("node.not-yours"),
    _access_rule("kubernetes.kubeconfig-missing"),
    _access_rule("kubernetes.kubeconfig-invalid"),
    _access_rule("kubernetes.login-failed"),
    _access_rule("kubernetes.certificate-expired"),
    _access_rule("kubernetes.certificate-untrusted"),
    _access_rule("kubernetes.unauthorized"),
    _access_rule("kubernetes.forbidden"),
    _access_rule("kubernetes.unreachable"),
    Rule(
        "kubernetes.timeout",
        "the API server gives no answer within {seconds} s",
        "It is overloaded or hangs, or a proxy or firewall on the way swallows the answer.",
        "Look at the machine that it runs on; on this one: ./airstrip node stop && ./airstrip node start",
        _timeout,
        _BENEATH,
    ),
    Rule(
        "clock.skew",
        "{who} is {seconds} s off",
        "Clocks are not kept in step, so tokens and certificates seem to be from the future or expired.",
        "Keep all of them in step: timedatectl set-ntp true",
        _clock,
    ),
)

UNREACHABLE = _BENEATH | {rule.code for rule in ACCESS_RULES if rule.code != "clock.skew"}
"""With one of these, what was seen of the cluster says nothing."""
