"""Airflow's processes: that they are there, answer, send heartbeats, and are what was landed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from airstrip.diagnose.access_rules import UNREACHABLE
from airstrip.diagnose.airflow.look import AIRFLOW_COMPONENTS, airflow, probe_failed, subject
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import Rule

API_PROBE, WORK_PROBE = "airflow", "airflow-work"
_SILENT_SECONDS = 20.0
"""Four heartbeats."""
_CLOCKS_APART = 10.0
_LABEL = "app.kubernetes.io/component"
_DATABASE = frozenset(
    {
        "database.stopped",
        "database.login-refused",
        "database.too-many-connections",
        "database.disk-full",
        "database.unreachable",
        "database.unhealthy",
        "database.not-migrated",
        "database.newer-than-image",
        "secret.database-url",
    }
)
_NO_API = UNREACHABLE | (
    frozenset({"component.scaled-to-zero", "component.missing", "pod.crash-loop", "pod.config-error", "secret.missing"})
    | _DATABASE
)


def _image_differs(facts: Facts) -> Iterator[Match]:
    """Who has not the image that most have."""
    images = {each.component: each.image for each in airflow(facts).images if each.component in AIRFLOW_COMPONENTS}
    if len(set(images.values())) < 2:
        return
    usual = Counter(images.values()).most_common(1)[0][0]
    for component, image in images.items():
        if image != usual:
            yield Match(subject(facts, component), {"component": component, "image": image, "usual": usual})


def _silent(component: str) -> Callable[[Facts], Iterator[Match]]:
    """Its pod is there, and its last heartbeat is old."""

    def matches(facts: Facts) -> Iterator[Match]:
        found = airflow(facts)
        is_there = any(each.component == component and each.ready > 0 for each in facts.workloads)
        beat = next((each for each in found.heartbeats if each.component == component), None)
        if beat is None or beat.age is None or beat.age < _SILENT_SECONDS:
            return
        if found.database != "unhealthy" and is_there:
            fields = {"age": f"{beat.age:.0f}", "delete": _delete(facts, component)}
            yield Match(subject(facts, component), fields)

    return matches


def _delete(facts: Facts, component: str) -> str:
    namespace = facts.deployment.control if facts.deployment else "NAMESPACE"
    return f"kubectl delete pod -n {namespace} -l {_LABEL}={component} --grace-period=1"


def _not_answering(facts: Facts) -> Iterator[Match]:
    code = probe_failed(facts, API_PROBE)
    if code in ("airflow.unreachable", "airflow.unavailable", "probe.timeout"):
        said = next(probe.detail for probe in facts.probes if probe.name == API_PROBE)
        yield Match(subject(facts, "api-server"), {"delete": _delete(facts, "api-server")}, said)


def _not_airflow(facts: Facts) -> Iterator[Match]:
    """Its health is told at the root as well: the log-in is not."""
    for name in (API_PROBE, WORK_PROBE):
        if probe_failed(facts, name) == "airflow.not-airflow":
            said = next(probe.detail for probe in facts.probes if probe.name == name)
            yield Match(subject(facts, "api-server"), {}, said)


def _login_refused(facts: Facts) -> Iterator[Match]:
    if probe_failed(facts, WORK_PROBE) == "airflow.login-refused":
        yield Match("account/own", {})


def _no_admin(facts: Facts) -> Iterator[Match]:
    if airflow(facts).admins == 0:
        yield Match("account/admin", {})


def _version_differs(facts: Facts) -> Iterator[Match]:
    declared, runs = facts.deployment.airflow_version if facts.deployment else "", airflow(facts).version
    if declared and runs and declared != runs:
        yield Match("airflow/version", {"declared": declared, "runs": runs})


def _clock(facts: Facts) -> Iterator[Match]:
    ahead = airflow(facts).ahead
    if ahead is not None and abs(ahead) > _CLOCKS_APART:
        word = "ahead of" if ahead > 0 else "behind"
        yield Match("airflow/clock", {"seconds": f"{abs(ahead):.0f}", "word": word})


COMPONENT_RULES: tuple[Rule, ...] = (
    Rule(
        "component.image-differs",
        "{component} runs another image than the others: {image}",
        "Its workload was changed by hand, or an `up` did not get to its end. The others run {usual}.",
        "Run: ./airstrip up",
        _image_differs,
    ),
)

API_RULES: tuple[Rule, ...] = (
    Rule(
        "airflow.not-answering",
        "the api-server does not answer",
        "Its process hangs, is starting or overloaded, or the way to it is closed.",
        "Read its log: ./airstrip logs api-server; where it hangs, start it alone anew: {delete}",
        _not_answering,
        _NO_API,
    ),
    Rule(
        "airflow.path-differs",
        "what answers at Airflow's address is not Airflow's API",
        "Airflow answers below another path than the one that it is looked for at (api.base_url), or another program"
        " has the address.",
        "Give api-server its settings again: ./airstrip up",
        _not_airflow,
        _NO_API,
    ),
    Rule(
        "airflow.clock-skew",
        "the cluster's clock is {seconds} s {word} this machine's",
        "One of the two is not kept by a time server: tokens and certificates are good for a while only.",
        "Set both by a time server, for example: timedatectl set-ntp true",
        _clock,
        frozenset({"clock.skew"}),
    ),
    Rule(
        "airflow.login-refused",
        "Airflow does not take the account airstrip, which this command line logs in with",
        "Its password was changed in Airflow, the account was deleted, or Secret airflow-cli was changed.",
        "Run: ./airstrip down; ./airstrip up   (data stays, and the account gets its password again)",
        _login_refused,
        _NO_API,
    ),
    Rule(
        "airflow.version-differs",
        "Airflow {runs} runs, and the file says {declared}",
        "The file was changed and not landed, or an `up` failed, or the image has another version.",
        "Run: ./airstrip up",
        _version_differs,
    ),
    Rule(
        "scheduler.silent",
        "the scheduler's pod is there, but its last heartbeat is {age} s old",
        "Its main loop does not turn: nothing is scheduled. It waits for something, or has too little CPU.",
        "Kubernetes starts it anew within 3 minutes; at once: {delete}",
        _silent("scheduler"),
        _DATABASE,
    ),
    Rule(
        "triggerer.silent",
        "the triggerer's pod is there, but its last heartbeat is {age} s old",
        "Its main loop does not turn: deferred tasks wait. A trigger may block it, or it has too little CPU.",
        "Kubernetes starts it anew within 3 minutes; at once: {delete}",
        _silent("triggerer"),
        _DATABASE,
    ),
    Rule(
        "dag-processor.silent",
        "the dag-processor's pod is there, but its last heartbeat is {age} s old",
        "Its main loop does not turn: changed DAG files are not seen. It has too little CPU, or a volume hangs.",
        "Kubernetes starts it anew within 3 minutes; at once: {delete}",
        _silent("dag-processor"),
        _DATABASE,
    ),
    Rule(
        "airflow.no-admin",
        "no person has an account with the role Admin",
        "The account admin was deleted, made inactive, or lost its role.",
        "Make one: ./airstrip users add NAME --role Admin --generate",
        _no_admin,
    ),
)
