"""Airflow's processes: that they are there, answer, send heartbeats, and are what was landed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from airstrip.airflow_api import UNREACHABLE, unreachable
from airstrip.diagnose.access_rules import UNREACHABLE as NO_CLUSTER
from airstrip.diagnose.airflow.database import DATABASE
from airstrip.diagnose.airflow.look import AIRFLOW_COMPONENTS, airflow, control_of, probe_failed, subject
from airstrip.diagnose.facts import Facts, ProbeFact
from airstrip.diagnose.match import Composed, Match
from airstrip.diagnose.rule import Matches, Rule, of
from airstrip.findings import Explanation

API_PROBE, WORK_PROBE = "airflow", "airflow-work"
_API_SERVER = "api-server"
_DAGS_IMAGE = "/airstrip/airflow-dags@"
"""Below whatever registry."""
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
        "database.url-refused",
        "database.url-unreachable",
        "database.not-ours",
        "database.unhealthy",
        "database.not-migrated",
        "database.newer-than-image",
        "secret.database-url",
    }
)
_NO_API = (
    NO_CLUSTER
    | _DATABASE
    | of((_API_SERVER, DATABASE, "migration"), ("component.scaled-to-zero", "component.missing", "secret.missing"))
    | of((_API_SERVER, DATABASE, "migration"), ("pod.config-error", "pod.crash-loop", "pod.probe-failing"))
)


def _image_differs(facts: Facts) -> Iterator[Match]:
    """Who has not the image that most have; the one with the DAGs in it is another by design."""
    images = {
        each.component: each.image
        for each in airflow(facts).images
        if each.component in AIRFLOW_COMPONENTS and _DAGS_IMAGE not in each.image
    }
    if len(set(images.values())) < 2:
        return
    usual = Counter(images.values()).most_common(1)[0][0]
    for component, image in images.items():
        if image != usual:
            fields = {"component": component, "image": image, "usual": usual}
            seen = "\n".join(f"{name}: {each}" for name, each in images.items())
            yield Match(subject(facts, component), fields, seen)


def _silent(component: str) -> Matches:
    """Its pod is there, and its last heartbeat is old."""

    def matches(facts: Facts) -> Iterator[Match]:
        found = airflow(facts)
        is_there = any(each.component == component and each.ready > 0 for each in facts.workloads)
        beat = next((each for each in found.heartbeats if each.component == component), None)
        if beat is None or beat.age is None or beat.age < _SILENT_SECONDS:
            return
        if found.database != "unhealthy" and is_there:
            seen = f"{component}: {beat.state}, last heartbeat {beat.age:.0f} s ago"
            yield Match(subject(facts, component), silence(component, control_of(facts), beat.age), seen)

    return matches


def silence(component: str, control: str, age: float | None) -> dict[str, str]:
    """The fields of SILENT; `age` in seconds, None where it is not known, or it never sent one."""
    since = f": its last is {age:.0f} s old" if age is not None else ""
    return {"since": since, "restart": restart(control, component)}


def restart(control: str, component: str) -> Composed:
    """The command that starts one anew; its workload makes the new pod."""
    return Composed(f"kubectl delete pod -n {control} -l {_LABEL}={component} --grace-period=1")


def _unreachable(facts: Facts) -> Iterator[Match]:
    """In the words of whoever asked; or the look at it did not end in time."""
    yield from _as_raised(UNREACHABLE.code, API_PROBE)(facts)
    if probe_failed(facts, API_PROBE) == "probe.timeout":
        said = unreachable(_probe(facts, API_PROBE).detail, restart(control_of(facts), _API_SERVER))
        fields = {"message": said.symptom, "cause": said.cause, "fix": said.fix}
        yield Match(subject(facts, _API_SERVER), fields, _told(facts, API_PROBE))


def _as_raised(code: str, *probes: str) -> Matches:
    """An error is told as it was raised: it has its own words."""

    def matches(facts: Facts) -> Iterator[Match]:
        for name in probes:
            if probe_failed(facts, name) == code:
                probe = _probe(facts, name)
                fields = {"message": probe.detail, "cause": probe.cause, "fix": probe.fix}
                yield Match(subject(facts, _API_SERVER), fields, _told(facts, name))

    return matches


def _raised_rule(code: str, matches: Matches) -> Rule:
    return Rule(code, "{message}", "{cause}", "{fix}", matches, _NO_API)


def _told(facts: Facts, name: str) -> str:
    probe = _probe(facts, name)
    return f"{name}, after {probe.seconds:.1f} s: {probe.detail or probe.code}"


def _probe(facts: Facts, name: str) -> ProbeFact:
    return next(probe for probe in facts.probes if probe.name == name)


def _login_refused(facts: Facts) -> Iterator[Match]:
    if probe_failed(facts, WORK_PROBE) == "airflow.login-refused":
        yield Match("account/own", {}, _told(facts, WORK_PROBE))


def _no_admin(facts: Facts) -> Iterator[Match]:
    if airflow(facts).admins == 0:
        yield Match("account/admin", {}, "active accounts of people with the role Admin: 0")


def _version_differs(facts: Facts) -> Iterator[Match]:
    declared, runs = facts.deployment.airflow_version if facts.deployment else "", airflow(facts).version
    if declared and runs and declared != runs:
        seen = f"Airflow's API: version {runs}; the file: airflow.version {declared}"
        yield Match("airflow/version", {"declared": declared, "runs": runs}, seen)


def _clock(facts: Facts) -> Iterator[Match]:
    ahead = airflow(facts).ahead
    if ahead is not None and abs(ahead) > _CLOCKS_APART:
        word = "ahead of" if ahead > 0 else "behind"
        seen = f"Airflow's Date against this machine's clock: {ahead:+.1f} s"
        yield Match("airflow/clock", {"seconds": f"{abs(ahead):.0f}", "word": word}, seen)


SILENT = {
    "scheduler": Explanation(
        "scheduler.silent",
        "the scheduler sends no heartbeats{since}",
        "Its main loop does not turn, so nothing is scheduled: it waits for something, has too little CPU, or is not"
        " there.",
        "Kubernetes starts one that hangs anew within 3 minutes; at once: {restart}",
    ),
    "triggerer": Explanation(
        "triggerer.silent",
        "the triggerer sends no heartbeats{since}",
        "Its main loop does not turn, so deferred tasks wait: a trigger blocks it, it has too little CPU, or is not"
        " there.",
        "Kubernetes starts one that hangs anew within 3 minutes; at once: {restart}",
    ),
    "dag-processor": Explanation(
        "dag-processor.silent",
        "the dag-processor sends no heartbeats{since}",
        "Its main loop does not turn, so changed DAG files are not seen: it has too little CPU, a volume hangs, or it"
        " is not there.",
        "Kubernetes starts one that hangs anew within 3 minutes; at once: {restart}",
    ),
}
"""By component, in the order of what to mend first."""

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
    _raised_rule(UNREACHABLE.code, _unreachable),
    _raised_rule("airflow.unavailable", _as_raised("airflow.unavailable", API_PROBE)),
    # Its health is told at the root as well: the log-in is not.
    _raised_rule("airflow.not-airflow", _as_raised("airflow.not-airflow", API_PROBE, WORK_PROBE)),
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
    *(Rule.of(known, _silent(component), _DATABASE) for component, known in SILENT.items()),
    Rule(
        "airflow.no-admin",
        "no person has an account with the role Admin",
        "The account admin was deleted, made inactive, or lost its role.",
        "Make one: ./airstrip users add NAME --role Admin --generate",
        _no_admin,
    ),
)
