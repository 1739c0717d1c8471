"""Airflow's settings of `airstrip dev --serve`: tasks of a project have its pod's variables, and those that ask for
Kubernetes fail and say so, as with `airstrip dev`.

Where a task runs, its DAG is read once more, and each of its tasks comes by here.
"""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path


def _load_own():
    """The author's module of the same name, further down the path: its hooks run first, its names are kept."""
    here = Path(__file__).resolve().parent
    found = PathFinder.find_spec(__name__, [folder for folder in sys.path if Path(folder).resolve() != here])
    if found is None or found.loader is None:
        return None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


_own = _load_own()
_own_names = [] if _own is None else getattr(_own, "__all__", [name for name in vars(_own) if name[:2] != "__"])
globals().update({name: getattr(_own, name) for name in _own_names})

__all__ = [*_own_names, "task_policy"]


@cache
def _projects():
    """Read where a task asks for a pod's variables, and by no other process."""
    from airstrip_pods.task_environment import ProjectObjects

    values = json.loads(Path(os.environ["AIRSTRIP_SERVE_PROJECTS"]).read_text())
    return {name: ProjectObjects(**each) for name, each in values.items()}


def task_policy(task):
    # Airflow is not there yet when this file is read.
    from airstrip_pods.dag_runs import refuse_pods
    from airstrip_pods.task_environment import pod_variables

    if hasattr(_own, "task_policy"):
        _own.task_policy(task)
    refuse_pods(task)
    if not (task.executor_config or {}).get("pod_override"):
        return
    variables = pod_variables(task, _projects())
    if variables:
        task.on_execute_callback = [*task.on_execute_callback, lambda _: os.environ.update(variables)]
