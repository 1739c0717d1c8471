"""The gate of `up`: it lands no folder of DAGs with a broken file in it, unless it is told to.

Of a first landing the check runs beside the database and the migration, which mostly wait. What passed it is not
checked again while the files, the image and the settings stay the same.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from airstrip.airflow_api import AirflowClient
from airstrip.checksum import checksum
from airstrip.dags import Defect, Facts, content_key, find_defects, holds_dags, program_key
from airstrip.errors import AirstripError, CheckError
from airstrip.events import Emit, Event, Warned, step
from airstrip.kube import inventory
from airstrip.manifests import API_SERVER, CLI_SECRET, ManifestSet
from airstrip.operations.dags_check import note_of
from airstrip.operations.dags_facts import Processor, collect, processor_of
from airstrip.operations.dags_still import StillDags
from airstrip.operations.session import Session

CHECKED = "airstrip.dev/dags-checked"
"""An annotation of the inventory: what passed the gate last."""
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 30.0
_AIRFLOW_SECONDS = 10.0


@dataclass
class DagsGate:
    """`start` once what the pod reads is there, `hold` before anything changes that running tasks see."""

    session: Session
    manifests: ManifestSet
    dags: StillDags | None
    force: bool = False
    _thread: threading.Thread | None = None
    _key: str = ""
    _said: str = ""
    _events: list[Event] = field(default_factory=list)
    _outcome: Facts | BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What failed beside it does not leave its pod behind, where that ends soon."""
        if self._thread is not None:
            self._thread.join(_PATIENCE_SECONDS)

    def start(self) -> None:
        """Nothing where there is nothing to check, or it has passed before."""
        dags = self.dags
        if self.force or dags is None or not holds_dags(dags.known):
            return
        processor = processor_of(self.manifests)
        if _recorded(self.session) == _key(dags.known, processor):
            return
        self._thread = threading.Thread(target=self._examine, args=(dags, processor), daemon=True)
        self._thread.start()

    @property
    def facts(self) -> Facts | None:
        """What the check saw; None where there was none, or it could not be made."""
        return self._outcome if isinstance(self._outcome, Facts) else None

    def hold(self, emit: Emit, timeout: float) -> None:
        """Raises CheckError where a file is broken. A check that cannot be made, or not in time, is a warning."""
        if self._thread is None:
            return
        deadline = time.monotonic() + timeout
        with step(emit, "dags.check", "Check DAG files") as progress:
            told = ""
            while self._thread.is_alive() and time.monotonic() < deadline:
                self._thread.join(_POLL_SECONDS)
                if self._said != told:
                    told = self._said
                    progress.say(told)
            if isinstance(self._outcome, Facts):
                progress.note = note_of(self._outcome)
        for event in self._events:
            emit(event)
        self._judge(emit)

    def _judge(self, emit: Emit) -> None:
        if self._outcome is None:
            message = "The DAG files were not checked: it took too long."
            emit(Warned("dags.check-timeout", message, "Check them now: ./airstrip dags check"))
        elif isinstance(self._outcome, AirstripError):
            message = f"The DAG files were not checked: {self._outcome.message}. {self._outcome.cause}".strip()
            emit(Warned(self._outcome.code, message, "Check them now: ./airstrip dags check"))
        elif isinstance(self._outcome, BaseException):
            raise self._outcome
        else:
            broken = [defect for defect in find_defects(self._outcome) if defect.level == "broken"]
            if broken:
                raise _refused(broken)
            _record(self.session, self._key)

    def _examine(self, dags: StillDags, processor: Processor) -> None:
        client = _running_airflow(self.session)
        try:
            airflow = (lambda: client) if client else None
            # Of what is checked: a live folder may be another one by now.
            self._key = _key(dags.files, processor)
            self._outcome = collect(self.session, processor, dags.files, airflow, self._events.append, self._say)
        except BaseException as error:
            # Whoever waits for it has it.
            self._outcome = error
        finally:
            if client:
                client.close()

    def _say(self, text: str) -> None:
        self._said = text


def _key(folder: Path, processor: Processor) -> str:
    """Stands for all that decides what a check says, but for what Airflow keeps."""
    pod = checksum([processor.deployment["spec"]["template"]["spec"], processor.environment, processor.projects])
    return hashlib.sha256(f"{content_key(folder)} {pod} {program_key()}".encode()).hexdigest()


def _recorded(session: Session) -> str:
    found = session.cluster.get("v1", "ConfigMap", inventory.NAME, session.spec.namespaces.control) or {}
    return str(((found.get("metadata") or {}).get("annotations") or {}).get(CHECKED, ""))


def _record(session: Session, key: str) -> None:
    body = {"metadata": {"annotations": {CHECKED: key}}}
    session.cluster.patch("v1", "ConfigMap", inventory.NAME, body, session.spec.namespaces.control)


def _running_airflow(session: Session) -> AirflowClient | None:
    """None before Airflow runs: what it keeps is then not known."""
    namespace = session.spec.namespaces.control
    try:
        server = session.cluster.get("apps/v1", "Deployment", API_SERVER, namespace) or {}
        if not (server.get("status") or {}).get("readyReplicas"):
            return None
        return session.airflow_as(session.read_secret(CLI_SECRET), _AIRFLOW_SECONDS)
    except AirstripError:
        return None


def _refused(broken: list[Defect]) -> CheckError:
    files = len({defect.file for defect in broken})
    return CheckError(
        "dags.broken",
        f"{files} DAG file{'s are' if files != 1 else ' is'} broken, and Airflow was not landed with "
        f"{'them' if files != 1 else 'it'}",
        cause="Airflow would refuse what stands below. What ran before runs on as it was.",
        fix="Mend the files and run this again; ./airstrip up --force lands them as they are.",
        details=described(broken),
    )


def described(broken: Sequence[Defect]) -> str:
    """Each with its place, cause and fix."""
    return "\n".join(line for defect in broken for line in (f"{defect.place}: {defect.message}", *_more(defect)))


def _more(defect: Defect) -> list[str]:
    return [f"  {text}" for text in (defect.cause, f"fix: {defect.fix}") if text]
