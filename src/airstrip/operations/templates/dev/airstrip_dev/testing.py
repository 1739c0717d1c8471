"""The pytest plugin of `airstrip test`: the fixtures `dagbag` and `run_dag`, and a report of what came of each test."""

import json
import os
from pathlib import Path

import pytest

_FOLDER = os.environ["AIRSTRIP_TEST_DAGS"]


@pytest.fixture(scope="session")
def dagbag():
    """The author's DAG files as Airflow reads them: `dags` by id, `import_errors` by file."""
    from airstrip_dev.dag_files import Bag

    return Bag(_FOLDER)


@pytest.fixture
def run_dag(dagbag):
    """`run_dag("etl", conf={...}, logical_date="2026-01-31", mark_success=["load"])` runs it once: an Ended.

    It raises where there is no such DAG. A run that fails raises nothing: assert on what it returns.
    """
    from airstrip_dev.api import warm_up
    from airstrip_dev.pods import refuse_pods
    from airstrip_dev.whole_run import run_whole, without_delays

    def run(dag, conf=None, logical_date=None, mark_success=()):
        if isinstance(dag, str):
            if dag not in dagbag.dags:
                raise LookupError(f"There is no DAG {dag}. There are: {', '.join(sorted(dagbag.dags)) or 'none'}")
            dag = dagbag.dags[dag]
        warm_up()
        without_delays(dag)
        refuse_pods(dag)
        return Ended(run_whole(dagbag, dag, conf, logical_date, mark_success))

    return run


class Ended:
    """A run that has ended: `state`, `states` by task (`load[0]` for a mapped one), and results by `xcom`."""

    def __init__(self, run):
        self.run_id = run.run_id
        self.state = str(run.state)
        tasks = {(task.task_id, task.map_index): str(task.state) for task in run.get_task_instances()}
        self.states = {name if index < 0 else f"{name}[{index}]": state for (name, index), state in tasks.items()}
        self._dag_id = run.dag_id

    def xcom(self, task, key="return_value", index=-1):
        """What a task has left for others; None where it left nothing."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session

        with create_session() as session:
            found = XComModel.get_many(
                run_id=self.run_id, key=key, task_ids=task, dag_ids=self._dag_id, map_indexes=index, limit=1
            )
            row = session.execute(found).scalars().first()
            return None if row is None else XComModel.deserialize_value(row)

    def __repr__(self):
        return f"Ended({self.state}: {', '.join(f'{name} {state}' for name, state in sorted(self.states.items()))})"


def pytest_configure(config):
    """Of what Airflow itself imports: no author can mend them."""
    for module in ("fastapi", "starlette", "airflow"):
        config.addinivalue_line("filterwarnings", f"ignore::DeprecationWarning:{module}[.].*")


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        _note("test", test=report.nodeid, outcome=outcome, seconds=report.duration, message=_why(report))


def pytest_collectreport(report):
    if report.failed:
        _note("test", test=report.nodeid, outcome="error", seconds=0.0, message=_why(report))


def _why(report):
    """The last line of what pytest prints of it, which names the exception."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash:
        return f"{crash.path}:{crash.lineno}: {crash.message.partition(chr(10))[0]}"
    lines = str(report.longrepr or "").strip().splitlines()
    return lines[-1] if lines and report.outcome != "passed" else ""


def _note(event, **fields):
    with Path(os.environ["AIRSTRIP_TEST_REPORT"]).open("a") as file:
        file.write(json.dumps({"event": event, **fields}) + "\n")


def note_bag(bag):
    """For the checks that nobody wrote: Airstrip makes findings of it."""
    _note("bag", errors=bag.import_errors, twice=bag.twice)
