"""The facade: what the CLI does, a library user does through `Deployment` and `Node`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from airstrip import operations
from airstrip.answers import (
    CleanData,
    CodeData,
    DoctorData,
    DownData,
    ExamplesData,
    HistoryData,
    OpenData,
    PlanData,
    RunData,
    StatusData,
    UpData,
    VerifyData,
    WhyData,
    WrittenData,
)
from airstrip.events import Emit, discard
from airstrip.facade.authoring import Authoring
from airstrip.facade.dags import Dags
from airstrip.facade.images import Images
from airstrip.facade.projects import Projects
from airstrip.facade.users import Users
from airstrip.node import Node
from airstrip.result import Result
from airstrip.spec import Forgotten, ProjectWords, Spec, find_file, json_schema, load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS, make_target
from airstrip.targets.target import Confirm, agree

__all__ = ["DEFAULT_TIMEOUT", "Deployment", "Forgotten", "Node", "ProjectWords"]

DEFAULT_TIMEOUT = 600.0
"""Seconds that a verb waits for the cluster and Airflow; builds are not counted."""

VERIFY_TIMEOUT = 180.0
"""Seconds that `verify` gives its runs to end."""


class Deployment(Authoring, Images, Dags, Projects, Users):
    """One airstrip.yaml made real. Every method can be called again; each raises AirstripError.

    As a context manager it closes its connections at the end.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._session = operations.Session(spec, make_target(spec))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes what was connected; the next method connects again."""
        self._session.close()

    @classmethod
    def load(cls, file: Path | None = None) -> Deployment:
        """Reads a file: this one, else `$AIRSTRIP_FILE`, else ./airstrip.yaml, else the built-in deployment `airflow`.

        Raises SpecError with every problem of the file.
        """
        return cls(load_spec(find_file(file), TARGET_SPECS, PLANNED_TARGETS))

    @staticmethod
    def init(file: Path | None = None, examples: Sequence[str] = ()) -> Result[WrittenData]:
        """Writes a commented file, and a folder of DAGs with one in it, or these examples; overwrites nothing.

        Without a path it is written where the command line looks: $AIRSTRIP_FILE, else ./airstrip.yaml. A file that
        is there gets what the examples need; without examples it is an error.
        """
        return operations.init(file, tuple(examples))

    @staticmethod
    def examples() -> Result[ExamplesData]:
        """What `init` can write, by name."""
        return operations.list_examples()

    @staticmethod
    def schema() -> dict[str, Any]:
        """The JSON Schema of an airstrip.yaml, with the part of each place."""
        return json_schema(TARGET_SPECS)

    def check_rights(self) -> None:
        """Raises where whoever asks may not land this deployment or take it away."""
        self._session.target.check_rights()

    def up(
        self,
        emit: Emit = discard,
        confirm: Confirm = agree,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        force: bool = False,
    ) -> Result[UpData]:
        """Lands Airflow; `confirm` is asked before packages are installed on this machine.

        Raises CheckError where a DAG file is broken, with what ran before left as it is; with `force`, lands it.
        """
        return operations.up(self._session, emit, confirm, timeout=timeout, force=force)

    def plan(self, *, exit_code: bool = False) -> Result[PlanData]:
        """What `up` would change: nothing is built, started or written. With `exit_code`, 3 for changes."""
        return operations.plan(self._session, exit_code=exit_code)

    def down(self, emit: Emit = discard, confirm: Confirm = agree, *, data: bool = False) -> Result[DownData]:
        """Takes everything away but the data; with `data`, that too, once `confirm` agrees."""
        return operations.down(self._session, emit, confirm, data=data)

    def status(self) -> Result[StatusData]:
        """Components, versions, health, last runs. Exit code 3 when any of it is not as it should be."""
        return operations.status(self._session)

    def doctor(self, facts_file: Path | None = None) -> Result[DoctorData]:
        """What is wrong, what to mend first first, within 15 s; raises nothing of what does not work.

        `facts_file` keeps what was seen, without the secrets that are known. Exit code 3 when there are findings.
        """
        return operations.doctor(self._session, facts_file)

    @staticmethod
    def explain_facts(file: Path) -> Result[DoctorData]:
        """What facts say that `doctor` saved, on this machine or another one."""
        return operations.explain_facts(file)

    @staticmethod
    def explain_code(code: str) -> Result[CodeData]:
        """What a code of an error or a finding means. Raises UsageError for one that there is not."""
        return operations.explain_code(code)

    def clean(self, confirm: Confirm = agree) -> Result[CleanData]:
        """Lists pods that outlived their tasks, and deletes them once `confirm` agrees; without one, at once."""
        return operations.clean(self._session, confirm)

    def history(self) -> Result[HistoryData]:
        """The last releases, oldest first: what `up` landed or failed to land, when, by whom."""
        return operations.history(self._session)

    def run(
        self,
        dag_id: str,
        conf: Mapping[str, Any] | None = None,
        emit: Emit = discard,
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Result[RunData]:
        """Runs a DAG once, its tasks' logs as LogLine events. Exit code 3 when it did not succeed."""
        return operations.run(self._session, dag_id, conf or {}, emit, timeout=timeout)

    def why(
        self, dag_id: str, task_id: str | None = None, *, run_id: str | None = None, map_index: int = -1
    ) -> Result[WhyData]:
        """Why it does not run or why it failed: `findings` are the cause, then what else holds.

        Without a run, the newest; without a task, the run's first in trouble. Exit code 3 where there is a cause.
        """
        return operations.why(self._session, dag_id, task_id, run_id=run_id, map_index=map_index)

    def verify(
        self,
        emit: Emit = discard,
        *,
        only: Sequence[str] = (),
        timeout: float = VERIFY_TIMEOUT,
        git_write: str | None = None,
        held: Mapping[str, str] | None = None,
    ) -> Result[VerifyData]:
        """Proves by doing what must be possible, and what must not; `only` names some properties.

        Exit code 3 when one fails. `timeout` is what its runs have to end, in seconds; the rest takes a minute more.
        `git_write` is a branch that DAGs come from, `[BUNDLE:]BRANCH`: two commits are pushed to it, and stay there.
        `held`: the names of a `variable` and a `connection` that the secrets backend holds; a task reads them there.
        """
        return operations.verify(self._session, emit, only=only, timeout=timeout, git_write=git_write, held=held)

    def open_url(self) -> Result[OpenData]:
        """Where the UI is, and as whom to log in: nobody that is known where `admin` was deleted."""
        return operations.open_url(self._session)

    @contextmanager
    def forwarded_ui(self, emit: Emit = discard) -> Iterator[str]:
        """The UI's address, which leads to Airflow as long as this lasts, where `open_url` says `forwarded`."""
        with operations.forwarded_ui(self._session, emit) as url:
            yield url

    def password(self) -> str:
        """The password that `admin` was made with; raises where it is not its password any more."""
        return operations.read_password(self._session)

    def component_logs(self, component: str, *, follow: bool = False) -> Iterator[str]:
        """Lines of a component's log."""
        return operations.component_logs(self._session, component, follow=follow)

    def task_logs(
        self,
        dag_id: str,
        task_id: str,
        *,
        run_id: str | None = None,
        try_number: int | None = None,
        map_index: int = -1,
        follow: bool = False,
    ) -> Iterator[str]:
        """Lines of a task's log: of its last run and try where none is named."""
        return operations.task_logs(
            self._session,
            dag_id,
            task_id,
            run_id=run_id,
            try_number=try_number,
            map_index=map_index,
            follow=follow,
        )

    def render(self) -> str:
        """The manifests as YAML, without secrets; builds and changes nothing."""
        return operations.render_manifests(self.spec, self._session.target.preview())
