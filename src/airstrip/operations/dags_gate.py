"""The gate of `up`: it lands no DAGs with a broken file among them, unless it is told to.

Of a first landing the check runs beside the database and the migration, which mostly wait. What passed it is not
checked again while the files, the image and the settings stay the same. Files of git change without an `up`: where a
release changes neither where they come from nor the image, it is refused only for a project that it takes away from
them (decision 0045).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from airstrip.airflow_api import AirflowClient
from airstrip.dags import Defect, Facts, find_defects
from airstrip.errors import AirstripError, CheckError
from airstrip.events import Emit, Event, Warned, step
from airstrip.kube import inventory
from airstrip.manifests import API_SERVER, CLI_SECRET, PROJECTS_MAP, ManifestSet
from airstrip.operations.dags_check import note_of
from airstrip.operations.dags_facts import Processor, collect, find_processor, processor_of
from airstrip.operations.dags_still import StillDags
from airstrip.operations.dags_to_check import DagsToCheck, dags_to_check
from airstrip.operations.dags_ways import ways_of
from airstrip.operations.pushed_dags import recorded_live
from airstrip.operations.session import Session
from airstrip_pods.conventions import projects_from_json

CHECKED = "airstrip.dev/dags-checked"
"""An annotation of the inventory: what passed the gate last."""
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 30.0
_AIRFLOW_SECONDS = 10.0
_TOLD = 5
_PROGRAM_FAILED = ("dags.check-failed", "pod.program-failed")
"""By a defect, or at an Airflow that it does not know: each release would be unchecked, and nobody would notice."""


@dataclass
class DagsGate:
    """`start` once what the pod reads is there, `hold` before anything changes that running tasks see."""

    session: Session
    manifests: ManifestSet
    dags: StillDags | None
    force: bool = False
    _warns_only: bool = False
    _taken_away: frozenset[str] = frozenset()
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
        if self.force:
            return
        processor = processor_of(self.manifests)
        dags = dags_to_check(self.session, self.manifests, self.dags)
        if dags is None:
            self._events += _unchecked_pushed(self.session, processor)
            return
        if _recorded(self.session) == dags.key(processor):
            return
        self._warns_only = bool(self.session.spec.dags.git) and _reads_as(find_processor(self.session), processor)
        if self._warns_only:
            self._taken_away = _landed_projects(self.session) - _projects(processor.projects)
        self._thread = threading.Thread(target=self._examine, args=(dags, processor), daemon=True)
        self._thread.start()

    @property
    def facts(self) -> Facts | None:
        """What the check saw; None where there was none, or it could not be made."""
        return self._outcome if isinstance(self._outcome, Facts) else None

    def hold(self, emit: Emit, timeout: float) -> None:
        """Raises CheckError where a file is broken, AirstripError where the check's own program failed.

        A check that cannot be made, or not in time, is a warning.
        """
        if self._thread is None:
            for event in self._events:
                emit(event)
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
            if self._outcome.code in _PROGRAM_FAILED:
                raise _unchecked(self._outcome)
            message = f"The DAG files were not checked: {self._outcome.message}. {self._outcome.cause}".strip()
            emit(Warned(self._outcome.code, message, "Check them now: ./airstrip dags check"))
        elif isinstance(self._outcome, BaseException):
            raise self._outcome
        else:
            broken = [defect for defect in find_defects(self._outcome) if defect.level == "broken"]
            if self._warns_only:
                asking = [defect for defect in broken if self._is_by_projects(defect)]
                if asking:
                    raise _refused(asking, "Put the projects back into the file, or mend the DAG files, push them")
            elif broken:
                raise _refused(broken, f"Mend the files{', push them' if self.session.spec.dags.git else ''}")
            if broken:
                emit(_warned(broken))
            _record(self.session, self._key)

    def _is_by_projects(self, defect: Defect) -> bool:
        """What the rule says of it, by the name of one that this release takes away."""
        says = (f"there is no project {name}," for name in self._taken_away)
        return defect.code == "dags.missing-project" and defect.message.startswith(tuple(says))

    def _examine(self, dags: DagsToCheck, processor: Processor) -> None:
        client = _running_airflow(self.session)
        try:
            airflow = (lambda: client) if client else None
            with dags.open(processor, self._say) as opened:
                self._key = opened.key
                self._outcome = collect(
                    self.session, processor, opened.folder, airflow, self._events.append, self._say, opened.bundles
                )
        except BaseException as error:
            # Whoever waits for it has it.
            self._outcome = error
        finally:
            if client:
                client.close()

    def _say(self, text: str) -> None:
        self._said = text


def _reads_as(old: Processor | None, new: Processor) -> bool:
    """Whether DAG files come from where they came before, to the same image: what is broken then was pushed so."""
    return old is not None and (ways_of(old), old.image) == (ways_of(new), new.image)


def _unchecked_pushed(session: Session, new: Processor) -> list[Event]:
    """Of what was pushed from a folder that the file does not name, or that has no DAG now, where it meets another
    image."""
    if not (session.spec.dags.pushed and recorded_live(session)):
        return []
    old = find_processor(session)
    if old is None or old.image == new.image:
        return []
    message = "The pushed DAG files were not checked with the image that is landed: the file names no folder with DAGs."
    fix = "Check them afterwards: ./airstrip dags check FOLDER; or name their folder in the file: dags.volume.path"
    return [Warned("dags.pushed-unchecked", message, fix)]


def _landed_projects(session: Session) -> frozenset[str]:
    found = session.cluster.get("v1", "ConfigMap", PROJECTS_MAP, session.spec.namespaces.control) or {}
    return _projects("".join((found.get("data") or {}).values()))


def _projects(told: str) -> frozenset[str]:
    """The names in what DAG files are to know of projects; none where somebody changed it: this landing mends that."""
    try:
        return frozenset(projects_from_json(told or "{}"))
    except ValueError:
        return frozenset()


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


def _refused(broken: list[Defect], fix: str) -> CheckError:
    files = len({defect.file for defect in broken})
    return CheckError(
        "dags.broken",
        f"{files} DAG file{'s are' if files != 1 else ' is'} broken, and Airflow was not landed with "
        f"{'them' if files != 1 else 'it'}",
        cause="Airflow would refuse what stands below. What ran before runs on as it was.",
        fix=f"{fix} and run this again; ./airstrip up --force lands them as they are.",
        details=described(broken),
    )


def _unchecked(error: AirstripError) -> AirstripError:
    return AirstripError(
        error.code,
        f"the DAG files were not checked, and Airflow was not landed with them: {error.message}",
        cause=error.cause,
        fix=f"{error.fix} ./airstrip up --force lands them unchecked.",
        details=error.details,
    )


def _warned(broken: list[Defect]) -> Warned:
    places = list(dict.fromkeys(defect.place for defect in broken))
    more = f" and {len(places) - _TOLD} more" if len(places) > _TOLD else ""
    message = (
        f"DAG files in git are broken: {', '.join(places[:_TOLD])}{more}. This release changes neither where they come "
        "from nor the image, so it is landed; Airflow keeps the DAGs that it read from them before."
    )
    return Warned("dags.broken", message, "See why: ./airstrip dags check; mend the files, and push them.")


def described(broken: Sequence[Defect]) -> str:
    """Each with its place, cause and fix."""
    return "\n".join(line for defect in broken for line in (f"{defect.place}: {defect.message}", *_more(defect)))


def _more(defect: Defect) -> list[str]:
    return [f"  {text}" for text in (defect.cause, f"fix: {defect.fix}") if text]
