"""Tasks do their work: in pods of their own, with XCom, values and the triggerer."""

from __future__ import annotations

import time
from collections.abc import Mapping

from airstrip.answers import PropertyName
from airstrip.operations.properties.names import TASKS
from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.scene import Scene
from airstrip.spec import Spec

_GONE_SECONDS = 30.0
_UNREAD = "Unable to retrieve variable from secrets backend"
"""Airflow's own words in a task's log, of a backend that raises."""
_HOLDS = "something"
"""As `held` of the built-in DAG says it."""
_LOCAL = "in the scheduler's pod, as airflow.executor: local has it"


def task(scene: Scene) -> Outcome:
    """Green, and the log is Airflow's own when the pod can add nothing to it any more."""
    seen = scene.returned(TASKS, "plain")
    if seen is None:
        return not_green(scene, "task", "plain")
    if left := _pods_that_stay(scene):
        return failed(
            "task",
            f"{len(left)} pods of tasks that ended are still there",
            "The scheduler does not delete them: it is busy, it may not, or airflow.config has delete_worker_pods.",
            "Read its log: ./airstrip logs scheduler",
            "\n".join(left),
        )
    # What only this run could have logged.
    if not any(scene.mark in line and seen["pod"] in line for line in scene.log(TASKS, "plain")):
        return failed(
            "task",
            "the log of a task is gone with its pod",
            "The volume or store of logs is not the same for tasks and api-server, or cannot be written or read.",
            f"Look at both ends: ./airstrip logs {TASKS} plain; ./airstrip logs api-server",
        )
    if not scene.tasks_have_pods:
        return proved(f"it ran green {_LOCAL}; its log is read back")
    return proved(f"it ran green in {seen['pod']}, which is gone; its log is read back")


def _pods_that_stay(scene: Scene) -> list[str]:
    deadline = time.monotonic() + _GONE_SECONDS
    while (pods := scene.pods(TASKS)) and time.monotonic() < deadline:
        scene.say(f"{len(pods)} pods are still there")
        time.sleep(0.5)
    return [str(pod["metadata"]["name"]) for pod in pods]


def xcom(scene: Scene) -> Outcome:
    got, sent = scene.returned(TASKS, "reader"), scene.returned(TASKS, "plain")
    if not got or not sent:
        return not_green(scene, "xcom", "reader" if sent else "plain")
    if got["from"] != sent["pod"]:
        return failed(
            "xcom",
            f"{got['pod']} was given {got['from']}, not {sent['pod']}",
            "The XCom backend of the settings loses or changes what tasks return.",
            "Look at airflow.config.core.xcom_backend in the file.",
        )
    if not scene.tasks_have_pods:
        return proved(f"from one task to another, {_LOCAL}")
    if got["pod"] == sent["pod"]:
        return failed("xcom", f"both tasks ran in {got['pod']}", "Tasks share a pod.", "Look at airflow.executor.")
    return proved(f"from {sent['pod']} to {got['pod']}")


def secrets(scene: Scene) -> Outcome:
    if error := scene.refused("values"):
        raise error
    got = scene.returned(TASKS, "values")
    if got is None:
        return not_green(scene, "secrets", "values")
    wrong = [name for name, text in scene.given.hashes.items() if got.get(name) != text]
    if wrong:
        return failed(
            "secrets",
            f"a task reads another {' and '.join(wrong)} than was stored",
            "The Fernet key changed since, or a secrets backend of the settings answers first.",
            "Look at airflow.config.secrets in the file; see: ./airstrip verify --only fernet",
        )
    backend = secrets_backend(scene.session.spec)
    unread = [line for line in scene.log(TASKS, "values") if _UNREAD in line] if backend else []
    if unread:
        return failed(
            "secrets",
            f"a task cannot read from the secrets backend {backend}",
            "It raised an error, which Airflow passes over: what only it has cannot be read.",
            "Look at airflow.config.secrets in the file, and at what the backend needs.",
            "\n".join(unread),
        )
    seen = "a variable, and a connection's password, out of Airflow's own tables"
    if backend and scene.held:
        return _held(backend, scene.held, got.get("held") or {}, seen)
    if backend:
        # Whatever is stored for a proof is stored in Airflow: into a backend nobody writes by Airflow's API.
        return not_applicable(
            f"{backend} is asked first, and Airflow's API stores nothing there to be read back; a task did read {seen}."
            " Prove it by what it holds: --backend-variable NAME --backend-connection ID"
        )
    return proved(seen)


def _held(backend: str, names: Mapping[str, str], answers: Mapping[str, str], seen: str) -> Outcome:
    wrong = [f"{kind} {name}: {answers.get(kind)}" for kind, name in names.items() if answers.get(kind) != _HOLDS]
    if wrong:
        return failed(
            "secrets",
            f"a task is not told by the secrets backend {backend} what that should hold",
            "There is nothing of that name under the prefix of backend_kwargs, or a task's identity may not read it.",
            "Look at airflow.config.secrets in the file, and at what the backend holds.",
            "\n".join(wrong),
        )
    told = " and ".join(f"{kind} {name}" for kind, name in names.items())
    asked = {"variable": "--backend-variable NAME", "connection": "--backend-connection ID"}
    limits = [f"no {kind} of the backend was read: {option}" for kind, option in asked.items() if kind not in names]
    return proved(f"{told} out of {backend}; {seen}", limits=limits)


def secrets_backend(spec: Spec) -> str:
    """The class that tasks ask before Airflow's own tables; empty where there is none."""
    config = spec.airflow.config
    of_tasks = config.get("workers", {}).get("secrets_backend")
    return str(of_tasks or config.get("secrets", {}).get("backend") or "")


def triggerer(scene: Scene) -> Outcome:
    got = scene.returned(TASKS, "deferred")
    if got is None:
        return not_green(scene, "triggerer", "deferred")
    if got["event"] in ("", "None"):
        return failed(
            "triggerer",
            "a deferred task came back without the trigger's event",
            "The triggerer lost it on the way.",
            "Read its log: ./airstrip logs triggerer",
        )
    if not scene.tasks_have_pods:
        return proved(f"a task left, and came back with the trigger's event, {_LOCAL}")
    if got["before"] == got["after"]:
        return failed(
            "triggerer",
            f"a deferred task came back in {got['after']}, which it had left",
            "It kept its pod while it waited, and so its place among all that run.",
            "Look at airflow.executor in the file; read its log: ./airstrip logs triggerer",
        )
    return proved(f"a task left {got['before']}, and came back in {got['after']} with the trigger's event")


def not_green(scene: Scene, name: PropertyName, task_id: str) -> Outcome:
    """Of a task that returned nothing, for the property that needs what it returns."""
    return failed(
        name,
        f"the task {task_id} is {scene.ended(TASKS).state(task_id)}",
        "Its log says why; where there is none, the scheduler's does.",
        f"Read them: ./airstrip logs {TASKS} {task_id}; ./airstrip logs scheduler",
        "\n".join(scene.log(TASKS, task_id)[-15:]),
    )
