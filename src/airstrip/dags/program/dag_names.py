"""What a DAG's tasks name that must be there when they run: pools, connections, variables, ConfigMaps, Secrets.

Only what is sure to be asked for: not what a condition may pass over, what has a default, or what is made up
when the task runs.
"""

import inspect

import pod_names
import template_names

_DEFAULT_POOL = "default_pool"
_PASSED_OVER = ("aws_conn_id",)
"""Amazon's hooks go on without a connection that is not there, with the workload's own identity."""
_PREFIXES = {"connection": "AIRFLOW_CONN_", "variable": "AIRFLOW_VAR_"}
"""Of what a task's own environment may define instead of Airflow."""


def of(dag, known):
    """What its tasks name, as JSON; on the line of the task, else on that of the DAG."""
    line = known.dag(dag.dag_id)
    environment = template_names.environment_of(dag)
    names = []
    for task in dag.tasks:
        where = {"task": task.task_id, "line": known.task(task.task_id) or line}
        found = [*_pool(task), *_connections(task), *template_names.of(task, environment), *pod_names.of(task)]
        given = pod_names.environment_of(task)
        for name in found:
            if name["kind"] in _PREFIXES:
                if given is None or _PREFIXES[name["kind"]] + name["name"].upper() in given[0]:
                    continue
                name = {**name, "sources": given[1]}
            names.append({"key": "", "namespace": "", "where": "", **name, **where})
    return names


def _pool(task):
    pool = task.pool
    if isinstance(pool, str) and pool != _DEFAULT_POOL:
        yield {"kind": "pool", "name": pool}


def _connections(task):
    for argument, value in _arguments(task).items():
        if argument in _PASSED_OVER or not (argument == "conn_id" or argument.endswith("_conn_id")):
            continue
        if isinstance(value, str) and value and "{" not in value and not _is_default(task, argument, value):
            yield {"kind": "connection", "name": value, "where": argument}


def _arguments(task):
    """What the task was made with; of a mapped one, what all of its instances have in common."""
    return getattr(task, "partial_kwargs", None) or getattr(task, "_BaseOperator__init_kwargs", None) or {}


def _is_default(task, argument, value):
    """Hooks treat the connection of their own name as they like: some do without it."""
    operator = getattr(task, "operator_class", None) or type(task)
    for cls in getattr(operator, "__mro__", ()):
        init = cls.__dict__.get("__init__")
        parameter = inspect.signature(init).parameters.get(argument) if init else None
        if parameter is not None and parameter.default == value:
            return True
    return False
