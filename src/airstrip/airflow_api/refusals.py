"""What Airflow's refusals mean, as errors with a cause and a fix."""

from __future__ import annotations

from airstrip.errors import AirflowError, AirstripError


def may_pass(error: AirstripError) -> bool:
    """Airflow is not there just now: it starts, or its database does."""
    return error.code in ("airflow.unreachable", "airflow.unavailable")


def user_exists(username: str, refusal: AirflowError) -> AirflowError:
    return AirflowError(
        "airflow.user-exists",
        f"the account {username} cannot be made: it is there already, or another one has its address",
        cause="Names and addresses are taken once, whatever their capital letters.",
        fix="See all accounts: ./airstrip users list   (set-role and reset-password change one)",
        details=refusal.message,
        status=refusal.status,
    )


def no_role(role: str, known: tuple[str, ...]) -> AirflowError:
    return AirflowError(
        "airflow.role-not-found",
        f"Airflow has no role {role}",
        cause=f"There are: {', '.join(known)}.",
        fix="Name one of these, as it is written; others are made in Airflow, under Security.",
        status=400,
    )


def no_list(path: str) -> AirflowError:
    return AirflowError(
        "airflow.not-found",
        f"Airflow has no {path}",
        cause="Its version has another API.",
        fix="Run a version of Airflow that Airstrip knows: see airflow.version in the reference.",
        status=404,
    )


def no_run(dag_id: str, run_id: str) -> AirflowError:
    return AirflowError(
        "airflow.run-not-found",
        f"{dag_id} has no run {run_id}",
        cause="It was deleted, or the name is not right.",
        fix="See the last runs: ./airstrip status",
        status=404,
    )


def no_task(dag_id: str, run_id: str, task_id: str, map_index: int) -> AirflowError:
    which = f"{task_id}[{map_index}]" if map_index >= 0 else task_id
    return AirflowError(
        "airflow.task-not-found",
        f"run {run_id} of {dag_id} has no task {which} in that try",
        cause="The name, the try or the map index is not right, or the task has not begun.",
        fix="A mapped task needs --map INDEX; the first try is --try 1.",
        status=404,
    )
