"""What the properties look at: the deployment, and what was started in it for them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Literal

from airstrip.airflow_api import AirflowClient, DagRun, TaskInstance, may_pass
from airstrip.answers import ProofPushData
from airstrip.errors import AirflowError, AirstripError
from airstrip.manifests import CLI_SECRET, pods_account
from airstrip.operations.properties.elsewhere import Elsewhere, rights_elsewhere
from airstrip.operations.properties.git_branch import GitWrite
from airstrip.operations.properties.given import Given
from airstrip.operations.properties.names import GIT, ISOLATION, SCHEDULE, TASKS, name_of
from airstrip.operations.properties.pods import DatabaseLook, OutsideLook
from airstrip.operations.session import Session
from airstrip.redaction import lines_without_credentials

Need = Literal["tasks", "isolation", "schedule", "values", "database", "outside", "remote"]

_RUNS: Mapping[Need, str] = {"tasks": TASKS, "isolation": ISOLATION, "remote": GIT}
_POLL_SECONDS = 0.5
_KNOWN_SECONDS = 30.0
_AGAIN_SECONDS = 60.0
_LOG_RECORDS = 400
_PATIENCE_SECONDS = 5.0
"""For the first answer of an Airflow that may be down: nothing else is as short."""


@dataclass(frozen=True)
class Ended:
    """A run and its tasks by their ids, at its end; or at the end of our patience, with `in_time` False."""

    run: DagRun
    tasks: Mapping[str, TaskInstance]
    in_time: bool

    def state(self, task_id: str) -> str:
        """In words; a task that nobody has scheduled yet waits."""
        task = self.tasks.get(task_id)
        return (task.state if task else None) or "waiting"


@dataclass
class Scene:
    """Starts what is needed, and waits for it. `deadline` is that of time.monotonic() for all runs.

    What could not be started is an error for whoever looks at it, and for nobody else.
    """

    session: Session
    deadline: float
    mark: str = field(default_factory=lambda: secrets.token_hex(4))
    say: Callable[[str], None] = lambda _: None
    has_made: bool = False
    """Whether Airflow may keep something that was made for the proof: set before it is asked to."""
    git_write: GitWrite | None = None
    """Where a commit may be pushed: only where whoever asks has named the branch."""
    held: Mapping[str, str] = field(default_factory=dict)
    """Names that the secrets backend should know, by `variable` and `connection`: only whoever asks can tell them."""
    pushed: ProofPushData | None = None
    """What was."""
    _started: dict[str, DagRun] = field(default_factory=dict)
    _refused: dict[str, Exception] = field(default_factory=dict)
    _ended: dict[str, Ended] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return name_of(self.mark)

    @property
    def account(self) -> str:
        """The service account of tasks that use the Kubernetes API."""
        return pods_account(self.session.spec.name)

    @property
    def tasks_have_pods(self) -> bool:
        """Or run in the scheduler's, with the executor `local`."""
        return self.session.spec.airflow.executor == "kubernetes"

    @cached_property
    def given(self) -> Given:
        return Given(self.session, self.mark)

    @cached_property
    def database_look(self) -> DatabaseLook:
        return DatabaseLook(self.session, self.mark, self.deadline)

    @cached_property
    def outside_look(self) -> OutsideLook:
        return OutsideLook(self.session, self.mark, self.deadline, self.given.addresses_outside)

    @cached_property
    def elsewhere(self) -> Elsewhere:
        """What the authorizer lets tasks do in namespaces that are not theirs."""
        return rights_elsewhere(self.session.cluster, self.session.spec, self.account)

    @property
    def airflow(self) -> AirflowClient:
        """Raises what Airflow said when it was asked first, where that was no answer."""
        if error := self._refused.get("airflow"):
            raise error
        return self.session.airflow

    @property
    def is_down(self) -> bool:
        return "airflow" in self._refused

    def notice(self, error: AirstripError) -> None:
        """Whoever went away in the midst is not waited for again by each who looks."""
        if may_pass(error):
            self._refused["airflow"] = error

    def meet_airflow(self) -> None:
        """Asks Airflow whether it is there, in a short time: what hangs is down."""
        try:
            with self.session.airflow_as(self.session.read_secret(CLI_SECRET), _PATIENCE_SECONDS) as client:
                client.log_in()
                client.dags()
        except AirstripError as error:
            self._refused["airflow"] = error

    def start(self, needs: Collection[Need]) -> None:
        """All at once, each once; they run side by side."""
        if "remote" in needs and not self.session.spec.dags.cloned:
            needs = set(needs) - {"remote"}
        # Before the database is looked at, where they must be found.
        if not self.is_down and {"values", "tasks"} & set(needs):
            self._try("values", self._add_values)
        # They take the longest to say something.
        if "database" in needs:
            self._try("database", lambda: self.database_look.start())
        if "outside" in needs:
            self._try("outside", lambda: self.outside_look.start())
        if self.is_down:
            return
        for need, dag in _RUNS.items():
            if need in needs:
                self._try(dag, partial(self._trigger, dag, need))
        if "schedule" in needs:
            self._try(SCHEDULE, self._let_schedule)

    def refused(self, name: str) -> Exception | None:
        """What hindered the start of a need or a DAG, foreseen or not."""
        return self._refused.get(name)

    def ended(self, dag: str) -> Ended:
        """The run of a DAG once it has ended, or as it was at the deadline."""
        if error := self.refused("airflow") or self.refused(dag):
            raise error
        if dag not in self._ended:
            self._ended[dag] = self._await(self._started[dag], self.deadline)
        return self._ended[dag]

    def run_again(self, dag: str) -> None:
        """For what may have changed since the first run, which is forgotten here; `clean` knows both."""
        self._ended[dag] = self._await(self.airflow.trigger(dag, {}), time.monotonic() + _AGAIN_SECONDS)

    def returned(self, dag: str, task_id: str) -> Any:
        """What a task of the run returned; None where it failed, or did not end in time."""
        return self.airflow.values.returned(dag, self.ended(dag).run.run_id, task_id)

    def log(self, dag: str, task_id: str) -> list[str]:
        """The lines of a task's log as Airflow's API has them now, for a finding; none of a task that never began."""
        instance = self.ended(dag).tasks.get(task_id)
        if instance is None:
            return []
        with suppress(AirflowError):
            log = self.airflow.task_log_end(instance, records=_LOG_RECORDS)
            return lines_without_credentials(line for record in log.records for line in record.lines())
        return []

    def pods(self, dag: str) -> list[dict[str, Any]]:
        """The pods that the run's tasks still have."""
        run_id = self._started[dag].run_id
        pods = self.session.cluster.list("v1", "Pod", self.session.spec.namespaces.workers)
        return [pod for pod in pods if (pod["metadata"].get("annotations") or {}).get("run_id") == run_id]

    def _try(self, name: str, start: Callable[[], None]) -> None:
        try:
            start()
        except Exception as error:
            self._refused[name] = error

    def _add_values(self) -> None:
        values, texts = self.session.airflow.values, self.given.texts
        self.has_made = True
        values.add_variable(self.name, texts["variable"])
        values.add_connection(self.name, host="airstrip.invalid", password=texts["password"])

    def _trigger(self, dag: str, need: Need) -> None:
        self._unpause(dag)
        self._started[dag] = self.session.airflow.trigger(dag, self._conf(need))

    def _conf(self, need: Need) -> dict[str, Any]:
        if need == "remote":
            return {}
        return self.given.to_isolation() if need == "isolation" else self.given.to_tasks(self.name, self.held)

    def _let_schedule(self) -> None:
        if self._has_runs(SCHEDULE):
            raise AirstripError(
                "verify.not-clean",
                f"a run of {SCHEDULE} is there already: an earlier verify left it",
                cause="Airflow did not let it be deleted a moment ago; a new one could not be told from it.",
                fix="Run it again: ./airstrip verify   (it takes away what an earlier one left)",
            )
        self._unpause(SCHEDULE)
        # Its only run was deleted by the last proof: the next parse finds that one is due again.
        self.session.airflow.values.parse_again(SCHEDULE)

    def _has_runs(self, dag: str) -> bool:
        try:
            return bool(self.session.airflow.dag_runs(dag, limit=1))
        except AirflowError as error:
            if error.code != "airflow.dag-not-found":
                raise
            return False

    def _unpause(self, dag: str) -> None:
        """Right after a landing, the DAG processor may not have come to this file yet."""
        self.has_made = True
        end = min(self.deadline, time.monotonic() + _KNOWN_SECONDS)
        while True:
            try:
                self.session.airflow.unpause(dag)
                return
            except AirflowError as error:
                if error.code != "airflow.dag-not-found" or time.monotonic() > end:
                    raise
            self.say(f"{dag} is not known yet")
            time.sleep(_POLL_SECONDS)

    def _await(self, run: DagRun, deadline: float) -> Ended:
        """An Airflow that is away for a while is waited for."""
        ended = Ended(run, {}, in_time=False)
        while True:
            try:
                current = self.airflow.dag_run(run.dag_id, run.run_id)
                tasks = self.airflow.task_instances(run.dag_id, run.run_id)
                ended = Ended(current, {task.task_id: task for task in tasks}, current.ended)
            except AirflowError as error:
                if not may_pass(error) or time.monotonic() > deadline:
                    raise
            if ended.in_time or time.monotonic() > deadline:
                return ended
            self.say(", ".join(f"{name} {ended.state(name)}" for name, task in ended.tasks.items() if not task.ended))
            time.sleep(_POLL_SECONDS)
