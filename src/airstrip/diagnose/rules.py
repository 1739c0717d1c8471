"""All rules in the order of what to mend first: from the ground up, a cause before what it brings about.

Codes are those of errors with the same meaning (kube.troubles), so `doctor CODE` explains both.
"""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose import (
    access_rules,
    image_rules,
    missing,
    namespace_rules,
    place_rules,
    placement,
    pods,
    refusals,
    task_pods,
)
from airstrip.diagnose.airflow.rules import AIRFLOW_FIRST_RULES, AIRFLOW_RULES, AIRFLOW_SYMPTOM_RULES
from airstrip.diagnose.facts import Facts, ProbeFact
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import Rule

_FOUNDATION: tuple[Rule, ...] = (
    *place_rules.MACHINE_RULES,
    *place_rules.PLACE_RULES,
    *access_rules.ACCESS_RULES,
    *placement.NODE_RULES,
    *namespace_rules.NAMESPACE_RULES,
)

_KNOWN: tuple[Rule, ...] = (
    *_FOUNDATION,
    *place_rules.FOLDER_RULES,
    *placement.VOLUME_RULES,
    *missing.SECRET_RULES,
    *AIRFLOW_FIRST_RULES,
    *missing.CONFIG_MAP_RULES,
    *placement.MOUNT_RULES,
    *image_rules.IMAGE_RULES,
    *refusals.REFUSAL_RULES,
    *missing.ACCOUNT_RULES,
    *placement.SCHEDULING_RULES,
    *pods.CONFIG_RULES,
    *namespace_rules.LANDED_RULES,
    *pods.KILLED_RULES,
    *AIRFLOW_RULES,
    *pods.END_RULES,
    *namespace_rules.STUCK_RULES,
    *namespace_rules.NOT_READY_RULES,
    *task_pods.TASK_POD_RULES,
    *AIRFLOW_SYMPTOM_RULES,
)


def _not_seen(facts: Facts) -> Iterator[Match]:
    for probe in facts.probes:
        if probe.state == "failed":
            yield Match(f"probe/{probe.name}", {"probe": probe.name, "message": probe.detail}, _told(probe))


def _not_allowed(facts: Facts) -> Iterator[Match]:
    """One finding for each namespace, however many looks it was closed to."""
    for namespace in dict.fromkeys(name for probe in facts.probes for name in probe.forbidden):
        closed = [probe for probe in facts.probes if namespace in probe.forbidden]
        fields = {"namespace": namespace, "what": ", ".join(probe.name for probe in closed)}
        yield Match(f"forbidden/{namespace}", fields, "\n".join(f"{each.name}: {each.detail}" for each in closed))


def _told(probe: ProbeFact) -> str:
    return f"{probe.name}, after {probe.seconds:.1f} s: {probe.detail}"


_KNOWN_CODES = frozenset(rule.code for rule in _KNOWN)

RULES: tuple[Rule, ...] = (
    *_KNOWN,
    Rule(
        "probe.forbidden",
        "of {namespace} these could not be looked at: {what}",
        "Your account may not read them there, so what they would have shown is not known.",
        "Ask whoever runs the cluster for it: kubectl -n {namespace} create rolebinding airstrip-look"
        " --clusterrole view --user YOU",
        _not_allowed,
        _KNOWN_CODES,
    ),
    Rule(
        "probe.failed",
        "{probe} could not be looked at: {message}",
        "What it would have shown is not known.",
        "Run this again; if it stays so, save what is known for a report: ./airstrip doctor --facts FILE",
        _not_seen,
        _KNOWN_CODES,
    ),
)
"""From the ground up."""

LANDED_CODES = frozenset(rule.code for rule in namespace_rules.LANDED_RULES)
"""Of what was landed and is not as it was landed."""
ABSENT_CODES = frozenset(rule.code for rule in (*missing.CONFIG_MAP_RULES, *missing.ACCOUNT_RULES))
"""Of what was landed and is not there, or what a pod asks for: then with evidence."""
NOT_SEEN = RULES[-1].code
"""Of what could not be looked at."""
UNSEEN_CODES = frozenset(rule.code for rule in RULES) - _KNOWN_CODES
"""With that of what we may not look at: neither is a cause of anything."""
