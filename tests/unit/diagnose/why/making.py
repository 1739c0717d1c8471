"""Facts for the tables of reasons: a DAG of two tasks, and one of them in whatever state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from airstrip.airflow_api import (
    AuditEntry,
    DagDetails,
    DagRun,
    Dependency,
    Heartbeat,
    Pool,
    TaskDefinition,
    TaskInstance,
)
from airstrip.diagnose.facts import ContainerFact, EventFact, Facts, PodFact
from airstrip.diagnose.why.facts import WhyFacts

NOW = "2026-11-21T12:00:00+00:00"
DAG = DagDetails("d", file="d.py", schedule="0 0 * * *")
RUN = DagRun("d", "r", "running", "manual", NOW, NOW, NOW, None, None, None)
TASK = TaskInstance("d", "r", "load", -1, 1, 0, None, "@task", None, None, NOW, NOW, None)
DEFINITIONS = {
    "extract": TaskDefinition("extract", downstream=("load",), operator="@task"),
    "load": TaskDefinition("load", operator="@task", retry_delay=300.0),
}
POD = "d-load-x1"
KEY = "TaskInstanceKey(dag_id='d', task_id='load', run_id='r', try_number=1, map_index=-1)"
TRACE = "Traceback (most recent call last):"


CONTROL, WORKERS = "airflow", "airflow-workers"


def facts(state: str | None = None, **more: Any) -> WhyFacts:
    """Of a run in which `load` has a state and nothing else is wrong."""
    task = replace(TASK, state=state)
    found = WhyFacts(DAG, NOW, run=RUN, tasks=(task,), definitions=DEFINITIONS, task=task, asked=task, pods=(POD,))
    return replace(found, **{"namespace": WORKERS, "control": CONTROL, **more})


def before(**more: Any) -> WhyFacts:
    """Of a DAG that has not run."""
    return WhyFacts(replace(DAG, **more), NOW, namespace=WORKERS, control=CONTROL)


def unmet(name: str, reason: str) -> dict[str, Any]:
    return {"dependencies": (Dependency(name, reason),)}


def pool(slots: int, occupied: int) -> Pool:
    return Pool("default_pool", slots, occupied, slots - occupied, occupied, 0, 0)


def beat(component: str, state: str = "unhealthy") -> dict[str, Any]:
    return {"heartbeats": {component: Heartbeat(state, NOW)}}


def event(reason: str, message: str, pod: str = POD, *, warning: bool = True) -> EventFact:
    return EventFact("airflow-workers", f"Pod/{pod}", reason, message, warning, 1, NOW)


def gone(*events: EventFact, **more: Any) -> dict[str, Any]:
    """A pod that is not there any more, and what was noted of it."""
    return {"cluster": Facts(events=events), **more}


def there(*containers: ContainerFact, name: str = POD, **more: Any) -> dict[str, Any]:
    pod = PodFact("airflow-workers", name, "task", "", "Pending", 60.0, containers=containers)
    return {"cluster": Facts(pods=(replace(pod, **more),))}


def waiting(reason: str, message: str = "") -> ContainerFact:
    return ContainerFact("base", "nowhere/it:1", "waiting", reason, message)


def noted(name: str, text: str, owner: str = "scheduler") -> dict[str, Any]:
    return {"audit": (AuditEntry(name, NOW, owner, text),)}


def logged(*lines: str) -> dict[str, Any]:
    return {"log": lines}


def raised(exception: str, *beneath: str) -> dict[str, Any]:
    """A log that ends with an exception, as Airstrip prints it."""
    head = "2026-11-21T11:59:59.000000Z ERROR Task failed with exception"
    return logged(head, TRACE, '  File "/opt/airflow/dags/d.py", line 9, in load', exception, *beneath)
