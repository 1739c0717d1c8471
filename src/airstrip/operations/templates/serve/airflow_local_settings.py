"""Airflow's settings of `airstrip dev --serve`: tasks of a project have its pod's variables, and those that ask for
Kubernetes fail and say so, as with `airstrip dev`.

Where a task runs, its DAG is read once more, and each of its tasks comes by here.
"""

from __future__ import annotations

import json
import os

__all__ = ["task_policy"]

# Tasks are forked from who has read it: none of them finds other projects' secrets in its environment.
_projects = json.loads(os.environ.pop("AIRSTRIP_SERVE_PROJECTS", "{}"))


def task_policy(task):
    # Airflow is not there yet when this file is read.
    from airstrip_pods.dag_runs import refuse_pods
    from airstrip_pods.task_environment import ProjectObjects, pod_variables

    refuse_pods(task)
    variables = pod_variables(task, {name: ProjectObjects(**values) for name, values in _projects.items()})
    if variables:
        task.on_execute_callback = [*task.on_execute_callback, lambda _: os.environ.update(variables)]
