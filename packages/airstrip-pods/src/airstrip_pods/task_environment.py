"""A task's environment as its own pod would have it, where tasks have no pods: an author's machine.

Imported by what runs DAGs there, and by no DAG.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from airstrip_pods.conventions import PROJECT_VARIABLE


@dataclass(frozen=True)
class ProjectObjects:
    """What a project's ConfigMap and its Secret hold."""

    config: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


Projects = Mapping[str, ProjectObjects]
"""By name, which is that of both objects."""


@contextmanager
def project_environments(projects: Projects) -> Iterator[None]:
    """Within it, each task of Airflow that runs in this process has its pod's variables, and only while it runs."""
    from airflow.sdk.listener import get_listener_manager

    listener = _listener(TaskEnvironment(projects))
    manager = get_listener_manager()
    manager.add_listener(listener)
    try:
        yield
    finally:
        manager.pm.unregister(listener)
        listener.environment.leave()


class TaskEnvironment:
    """One task is in it at a time."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._before: dict[str, str | None] = {}

    def enter(self, task: Any) -> None:
        self.leave()
        for name, value in pod_variables(task, self._projects).items():
            self._before[name] = os.environ.get(name)
            os.environ[name] = value

    def leave(self) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before = {}


def asked_projects(tasks: Iterable[Any]) -> list[str]:
    """Projects whose pods the tasks ask for."""
    found = {pod_variables(task, {}).get(PROJECT_VARIABLE) for task in tasks}
    return sorted(name for name in found if name)


def pod_variables(task: Any, projects: Projects) -> dict[str, str]:
    """What a task's `pod_override` says, as far as it stands there or is of a project."""
    pod = (task.executor_config or {}).get("pod_override")
    containers = getattr(getattr(pod, "spec", None), "containers", None) or []
    found: dict[str, str] = {}
    # The executor's own container is the first.
    for container in containers[:1]:
        for source in container.env_from or []:
            found |= _all_of(source, projects)
        for variable in container.env or []:
            value = variable.value if variable.value_from is None else _one_of(variable.value_from, projects)
            if value is not None:
                found[variable.name] = value
    return found


def _all_of(source: Any, projects: Projects) -> dict[str, str]:
    values: Mapping[str, str] = {}
    if source.config_map_ref is not None:
        values = projects.get(source.config_map_ref.name, ProjectObjects()).config
    elif source.secret_ref is not None:
        values = projects.get(source.secret_ref.name, ProjectObjects()).secrets
    return {f"{source.prefix or ''}{key}": value for key, value in values.items()}


def _one_of(source: Any, projects: Projects) -> str | None:
    if source.config_map_key_ref is not None:
        reference = source.config_map_key_ref
        return projects.get(reference.name, ProjectObjects()).config.get(reference.key)
    if source.secret_key_ref is not None:
        reference = source.secret_key_ref
        return projects.get(reference.name, ProjectObjects()).secrets.get(reference.key)
    return None


def _listener(environment: TaskEnvironment) -> Any:
    """Airflow says when a task begins and how it ended; of one that is deferred, when it or another begins."""
    from airflow.listeners import hookimpl

    class Listener:
        def __init__(self) -> None:
            self.environment = environment

        @hookimpl  # type: ignore[untyped-decorator] # Airflow has no types here
        def on_task_instance_running(self, task_instance: Any) -> None:
            environment.enter(task_instance.task)

        @hookimpl  # type: ignore[untyped-decorator]
        def on_task_instance_success(self) -> None:
            environment.leave()

        @hookimpl  # type: ignore[untyped-decorator]
        def on_task_instance_skipped(self) -> None:
            environment.leave()

        @hookimpl  # type: ignore[untyped-decorator]
        def on_task_instance_failed(self) -> None:
            environment.leave()

    return Listener()
