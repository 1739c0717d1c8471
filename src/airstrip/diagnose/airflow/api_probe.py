"""Asks Airflow's API: how it and its processes are, and what waits, failed or cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.airflow_api import AirflowClient, Inspection, TaskInstance, User, WaitingTask
from airstrip.diagnose.airflow.facts import (
    AirflowFacts,
    HeartbeatFact,
    ImportErrorFact,
    OverdueFact,
    PoolFact,
    TaskFact,
    TaskSignFact,
)
from airstrip.diagnose.airflow.signs import RECENT, find_signs
from airstrip.diagnose.facts import Facts
from airstrip.errors import AirflowError
from airstrip.kube import without_credentials

_ADMIN = "Admin"


def health(client: AirflowClient) -> AirflowFacts:
    """Raises AirflowError where the API server does not answer as one."""
    look = Inspection(client)
    found = look.health()
    beats = (
        HeartbeatFact(name.replace("_", "-"), state or "", round(found.ages[name], 1) if name in found.ages else None)
        for name, state in found.states.items()
    )
    return AirflowFacts(url=look.url, database=found.database, ahead=found.ahead, heartbeats=tuple(beats))


def work(client: AirflowClient, known: Facts) -> AirflowFacts:
    """Raises `airflow.login-refused` where Airflow does not take our account."""
    client.log_in()
    look = Inspection(client, known.airflow.ahead or 0.0 if known.airflow else 0.0)
    return AirflowFacts(
        version=client.version(),
        import_errors=tuple(
            ImportErrorFact(error.filename, error.bundle_name or "", without_credentials(_last_line(error.stack_trace)))
            for error in client.import_errors()
        ),
        pools=tuple(
            PoolFact(pool.name, pool.slots, pool.running, pool.queued, pool.scheduled) for pool in look.pools()
        ),
        waiting=tuple(_task(task) for task in look.waiting()),
        active=look.active(),
        task_signs=tuple(sign for task in look.just_failed(RECENT) for sign in _signs(client, task)),
        overdue=tuple(OverdueFact(late.dag_id, late.seconds) for late in look.overdue()),
        unreadable=look.unreadable(),
        admins=sum(_is_admin(user, client.username) for user in client.users()),
    )


def _task(task: WaitingTask) -> TaskFact:
    return TaskFact(task.dag_id, task.run_id, task.task_id, task.state, task.seconds, task.pool)


def _signs(client: AirflowClient, task: TaskInstance) -> Iterator[TaskSignFact]:
    """Nothing where its log cannot be asked for: that is no reason to see nothing else."""
    try:
        log = client.task_log(
            task.dag_id, task.run_id, task.task_id, try_number=task.try_number, map_index=task.map_index
        )
    except AirflowError:
        return
    by_airflow, others = (
        [without_credentials(line) for record in log.records if record.is_airflow_s is own for line in record.lines()]
        for own in (True, False)
    )
    for sign, matching in {**find_signs(others, mixed=True), **find_signs(by_airflow)}.items():
        yield TaskSignFact(sign, task.dag_id, task.run_id, task.task_id, matching)


def _is_admin(user: User, own: str) -> bool:
    return user.active and _ADMIN in user.roles and user.username != own


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
