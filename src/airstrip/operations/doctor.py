"""Says what is wrong with a deployment, however little of it works: facts, then findings."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TypeVar

from airstrip.airflow_api import AirflowClient
from airstrip.answers import CheckData, CodeData, CodeEntry, DoctorData
from airstrip.diagnose import NOT_SEEN, RULES, DeploymentFact, Facts, Sources, diagnose, examine
from airstrip.errors import AirstripError, UsageError, WaitTimeout, not_written
from airstrip.kube import Cluster
from airstrip.operations.session import Session
from airstrip.result import Finding, Result
from airstrip.spec import Spec
from airstrip.version import __version__

_Connection = TypeVar("_Connection", Cluster, AirflowClient)


def doctor(session: Session, facts_file: Path | None = None) -> Result[DoctorData]:
    """Findings, what to mend first first; exit code 3 where there are any. Ends within 15 s.

    `facts_file` keeps what was seen, without secrets.
    """
    facts = look(session)
    if facts_file:
        _write(facts_file, facts)
    return _explained(facts, facts_file)


def explain_facts(file: Path) -> Result[DoctorData]:
    """What facts say that `doctor` saved, here or elsewhere; looks at nothing else."""
    return _explained(_read(file), None)


def _explained(facts: Facts, facts_file: Path | None) -> Result[DoctorData]:
    findings = diagnose(facts)
    found = {finding.code for finding in findings}
    data: DoctorData = {
        "name": facts.deployment.name if facts.deployment else "",
        "collected": facts.collected,
        "checked": _checked(facts),
        "fine": [rule.code for rule in RULES if rule.code not in found],
    }
    if facts_file:
        data["facts"] = str(facts_file)
    return Result("doctor", data, findings, exit_code=3 if findings else 0)


def look(session: Session) -> Facts:
    """Looks at everything; raises nothing."""
    connections = _Connections(Session(session.spec, session.target, session.make_cluster))
    try:
        return examine(
            Sources(deployment_fact(session.spec), session.target.facts, connections.cluster, connections.airflow)
        )
    finally:
        connections.close()


@dataclass
class _Connections:
    """Of one look, whose probes ask side by side: each is made once.

    A probe that was left behind may still connect after the look's end.
    """

    own: Session
    closed: bool = False
    cluster_lock: threading.Lock = field(default_factory=threading.Lock)
    airflow_lock: threading.Lock = field(default_factory=threading.Lock)

    def cluster(self) -> Cluster:
        with self.cluster_lock:
            return self._opened(self.own.cluster)

    def airflow(self) -> AirflowClient:
        with self.airflow_lock:
            return self._opened(self.own.airflow)

    def close(self) -> None:
        self.closed = True
        self.own.close()

    def _opened(self, connection: _Connection) -> _Connection:
        if self.closed:
            connection.close()
        return connection


def causes(session: Session) -> list[Finding]:
    """What `doctor` finds, for the end of a verb that failed: what could not be looked at is not why."""
    return [finding for finding in diagnose(look(session)) if finding.code != NOT_SEEN]


def explained(error: WaitTimeout, findings: Sequence[Finding]) -> WaitTimeout:
    """The same error with the first finding's fix, and all of them beneath."""
    if findings:
        error.fix = f"{findings[0].fix} {error.fix}"
        error.details = "\n".join(f"{finding.symptom}  [{finding.code}]" for finding in findings)
    return error


def deployment_fact(spec: Spec) -> DeploymentFact:
    return DeploymentFact(
        name=spec.name,
        control=spec.namespaces.control,
        workers=spec.namespaces.workers,
        airflow_version=spec.airflow.version,
        airstrip_version=__version__,
        task_pods=spec.airflow.executor == "kubernetes",
    )


def explain_code(code: str) -> Result[CodeData]:
    """What a code of an error or a finding means. Raises UsageError for one that there is not."""
    known: dict[str, list[CodeEntry]] = json.loads(resources.files("airstrip").joinpath("codes.json").read_text())
    if code not in known:
        near = [name for name in known if name.partition(".")[2] == code or name.startswith(f"{code}.")]
        raise UsageError(
            "usage.unknown-code",
            f"there is no code {code}",
            cause=f"Did you mean {' or '.join(near[:6])}?" if near else "",
            fix="All codes are in docs/errors.md; without a code, ./airstrip doctor looks at the deployment.",
        )
    return Result("doctor", {"code": code, "entries": known[code]})


def _checked(facts: Facts) -> list[CheckData]:
    return [
        {"name": probe.name, "state": probe.state, "detail": probe.detail, "seconds": probe.seconds}
        for probe in facts.probes
    ]


def _read(file: Path) -> Facts:
    try:
        return Facts.from_dict(json.loads(file.read_text()))
    except OSError as error:
        raise AirstripError(
            "facts.not-read", f"{file} cannot be read: {error.strerror}", fix="Check the path and whose it is."
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise AirstripError(
            "facts.invalid",
            f"{file} does not hold facts that this Airstrip knows",
            cause=f"{error}.",
            fix="Save them with the same version: ./airstrip doctor --facts FILE",
        ) from error


def _write(file: Path, facts: Facts) -> None:
    """For the user's eyes first: names and log lines may say more than they want to pass on."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            json.dump(facts.to_dict(), stream, indent=1)
            stream.write("\n")
    except OSError as error:
        raise not_written(error) from error
