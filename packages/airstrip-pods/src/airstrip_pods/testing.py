"""A plugin of pytest for tests of DAGs: `airstrip test` brings it, elsewhere `pytest -p airstrip_pods.testing`.

It needs Airflow and a migrated database of its own, such as a new SQLite. The only module here that imports pytest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from airstrip_pods.task_environment import Projects, project_environments

if TYPE_CHECKING:
    from airstrip_pods.dag_runs import DagFiles

FOLDER_VARIABLE = "AIRSTRIP_TEST_DAGS"
"""Where the DAG files are; without it Airflow's own option core.dags_folder says so."""
PROJECTS = pytest.StashKey[Projects]()
"""In pytest's configuration: what tasks of projects have in their environment."""


class Ended:
    """A run that has ended: `state`, `states` by task (`load[0]` for a mapped one), and results by `xcom`."""

    def __init__(self, run: Any) -> None:
        self.run_id: str = run.run_id
        self.state = str(run.state)
        tasks = {(task.task_id, task.map_index): str(task.state) for task in run.get_task_instances()}
        self.states = {name if index < 0 else f"{name}[{index}]": state for (name, index), state in tasks.items()}
        self._dag_id = run.dag_id

    def xcom(self, task: str, key: str = "return_value", index: int = -1) -> Any:
        """What a task has left for others; None where it left nothing."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session

        with create_session() as session:
            found = XComModel.get_many(
                run_id=self.run_id, key=key, task_ids=task, dag_ids=self._dag_id, map_indexes=index, limit=1
            )
            row = session.execute(found).scalars().first()
            return None if row is None else XComModel.deserialize_value(row)

    def __repr__(self) -> str:
        return f"Ended({self.state}: {', '.join(f'{name} {state}' for name, state in sorted(self.states.items()))})"


@pytest.fixture(scope="session")
def dagbag() -> DagFiles:
    """The author's DAG files as Airflow reads them: `dags` by id, `import_errors` by file."""
    from airflow.configuration import conf

    from airstrip_pods.dag_runs import DagFiles

    return DagFiles(os.environ.get(FOLDER_VARIABLE) or conf.get("core", "dags_folder"))


@pytest.fixture
def run_dag(dagbag: DagFiles, request: pytest.FixtureRequest) -> Callable[..., Ended]:
    """`run_dag("etl", conf={...}, logical_date="2026-01-31", mark_success=["load"])` runs it once: an Ended.

    It raises where there is no such DAG. A run that fails raises nothing: assert on what it returns.
    """
    from airstrip_pods.dag_runs import as_without_cluster, run_whole

    def run(
        dag: Any,
        conf: Mapping[str, Any] | None = None,
        logical_date: str | None = None,
        mark_success: Sequence[str] = (),
    ) -> Ended:
        if isinstance(dag, str):
            if dag not in dagbag.dags:
                raise LookupError(f"There is no DAG {dag}. There are: {', '.join(sorted(dagbag.dags)) or 'none'}")
            dag = dagbag.dags[dag]
        with as_without_cluster(dag), project_environments(request.config.stash.get(PROJECTS, {})):
            return Ended(run_whole(dagbag, dag, conf, logical_date, mark_success))

    return run


def pytest_configure(config: pytest.Config) -> None:
    """Of what Airflow itself imports: no author can mend them."""
    for module in ("fastapi", "starlette", "airflow"):
        config.addinivalue_line("filterwarnings", f"ignore::DeprecationWarning:{module}[.].*")
