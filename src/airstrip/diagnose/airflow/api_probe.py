"""Asks Airflow's API: how it and its processes are, and what waits, failed or cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

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
from airstrip.errors import AirflowError, AirstripError
from airstrip.redaction import lines_without_credentials, without_credentials

_ADMIN = "Admin"
_LOG_RECORDS = 400


def health(client: AirflowClient) -> AirflowFacts:
    """Raises AirflowError where the API server does not answer as one."""
    found = client.health()
    beats = (
        HeartbeatFact(name, beat.state, None if beat.age is None else round(beat.age, 1))
        for name, beat in found.components.items()
    )
    return AirflowFacts(database=found.database, ahead=found.ahead, heartbeats=tuple(beats))


def let_in(client: AirflowClient) -> AirflowFacts:
    """Raises `airflow.login-refused` where Airflow does not take our account."""
    client.log_in()
    return AirflowFacts(version=client.version())


def dags(client: AirflowClient, look: Inspection) -> AirflowFacts:
    return AirflowFacts(
        import_errors=import_errors(client),
        overdue=tuple(OverdueFact(late.dag_id, late.seconds) for late in look.overdue()),
    )


def import_errors(client: AirflowClient) -> tuple[ImportErrorFact, ...]:
    return tuple(
        ImportErrorFact(error.filename, error.bundle_name or "", without_credentials(_last_line(error.stack_trace)))
        for error in client.import_errors()
    )


def tasks(_: AirflowClient, look: Inspection) -> AirflowFacts:
    pools = tuple(PoolFact(pool.name, pool.slots, pool.running, pool.queued, pool.scheduled) for pool in look.pools())
    return AirflowFacts(pools=pools, waiting=tuple(map(_task, look.waiting())), active=look.active())


def task_logs(client: AirflowClient, look: Inspection) -> AirflowFacts:
    return AirflowFacts(task_signs=tuple(sign for task in look.just_failed(RECENT) for sign in _signs(client, task)))


def stored(look: Inspection, logged: Callable[[], Sequence[str]]) -> AirflowFacts:
    """`logged` reads what the api-server just said of a key: that it fails is no sign of one by itself."""
    lost = tuple(f"variable {name}" for name in look.unreadable_variables())
    try:
        lists_connections = look.lists_connections()
    except AirstripError:
        if not lost:
            raise
        return AirflowFacts(unreadable=lost)
    if lists_connections:
        return AirflowFacts(unreadable=lost)
    # Where a variable tells already, the log need not be read, which we may not be allowed to.
    lines = () if lost else tuple(logged())
    if lost or lines:
        return AirflowFacts(unreadable=(*lost, "connections"), undecrypted=lines)
    raise AirflowError(
        "airflow.list-failed",
        "Airflow failed to list its connections: HTTP 500",
        cause="One of them cannot be read; the api-server's log says why.",
        fix="Read its log: ./airstrip logs api-server",
        status=500,
    )


def accounts(client: AirflowClient, _: Inspection) -> AirflowFacts:
    return AirflowFacts(admins=sum(_is_admin(user, client.username) for user in client.accounts.all()))


QUESTIONS: Mapping[str, Callable[[AirflowClient, Inspection], AirflowFacts]] = {
    "DAGs": dags,
    "tasks": tasks,
    "tasks' logs": task_logs,
    "accounts": accounts,
}
"""What Airflow tells whom it lets in, by the names of the probes that ask."""


def _task(task: WaitingTask) -> TaskFact:
    return TaskFact(task.dag_id, task.run_id, task.task_id, task.state, task.seconds, task.pool)


def _signs(client: AirflowClient, task: TaskInstance) -> Iterator[TaskSignFact]:
    """Nothing where its log cannot be asked for: that is no reason to see nothing else."""
    try:
        log = client.task_log_end(task, records=_LOG_RECORDS)
    except AirflowError:
        return
    by_airflow, others = (
        lines_without_credentials(
            line for record in log.records if record.is_airflow_s is own for line in record.lines()
        )
        for own in (True, False)
    )
    for sign, matching in {**find_signs(others, mixed=True), **find_signs(by_airflow)}.items():
        yield TaskSignFact(sign, task.dag_id, task.run_id, task.task_id, matching)


def _is_admin(user: User, own: str) -> bool:
    return user.active and _ADMIN in user.roles and user.username != own


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
