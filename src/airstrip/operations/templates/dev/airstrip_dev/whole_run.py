"""A whole run by Airflow's own `DAG.test`, as `dev` and the fixture `run_dag` have it."""

import re
from datetime import timedelta

from airflow.dag_processing import dagbag
from airflow.sdk import timezone


def without_delays(dag):
    """Nobody wants to wait five minutes for the next try of what has just failed."""
    for task in dag.tasks:
        if task.retry_delay:
            task.retry_delay = timedelta(0)


def run_whole(bag, dag, conf, logical_date, mark_success):
    """The run, ended. `mark_success` are ids of tasks that count as done."""
    date = {"logical_date": timezone.parse(logical_date)} if logical_date else {}
    marked = "|".join(map(re.escape, mark_success)) or None
    usual = dagbag.BundleDagBag
    # DAG.test() would read the whole folder once more.
    dagbag.BundleDagBag = lambda **_: bag
    try:
        return dag.test(run_conf=conf or None, mark_success_pattern=marked, **date)
    finally:
        dagbag.BundleDagBag = usual


def row(task):
    """A task instance of the run."""
    seconds = (task.end_date - task.start_date).total_seconds() if task.end_date and task.start_date else None
    key = {"task": task.task_id, "map": task.map_index, "try": task.try_number}
    return {**key, "state": str(task.state), "seconds": seconds}
