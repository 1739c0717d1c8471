"""What this process's environment says of projects."""

from __future__ import annotations

import os
from collections.abc import Iterable

from airstrip_pods.conventions import (
    DATA_URL_VARIABLE,
    PROJECT_DATA_URL_VARIABLE,
    PROJECT_VARIABLE,
    PROJECTS_VARIABLE,
    ProjectSettings,
    check_project,
    project_url,
    projects_from_json,
)
from airstrip_pods.errors import ProjectError


def settings_of(project: str) -> ProjectSettings:
    """What the deployment says of the project. Raises ProjectError where it says that there is none."""
    check_project(project)
    known = _known()
    if known is None:
        return ProjectSettings()
    if project not in known:
        raise no_project(project, known)
    return known[project]


def no_project(project: str, known: Iterable[str]) -> ProjectError:
    """What `airstrip dags check` knows by its words."""
    return ProjectError(
        f"There is no project {project!r} in this deployment, which has: {', '.join(sorted(known)) or 'none'}.",
        fix=f"Add it, with: airstrip project add {project}",
    )


def data_base() -> str | None:
    """Where the data of all projects is; None where it is in the claim."""
    return os.environ.get(DATA_URL_VARIABLE) or None


def project_data(project: str) -> str | None:
    """The URL of the project's data; None where it is in the claim.

    Asks nobody, and takes any project for one: a DAG file may ask while it is parsed.
    """
    base = data_base()
    return _own_data(project) or (project_url(base, project) if base else None)


def environment_of(project: str) -> dict[str, str]:
    """What a pod of the project must have in its environment to find its data."""
    own, base = _own_data(project), data_base()
    found = {PROJECT_VARIABLE: check_project(project)}
    if own:
        return {**found, PROJECT_DATA_URL_VARIABLE: own}
    return {**found, **({DATA_URL_VARIABLE: base} if base else {})}


def _own_data(project: str) -> str | None:
    """The place of its own: as DAG files are told, or as the pod is that this runs in."""
    settings = (_known() or {}).get(check_project(project), ProjectSettings())
    if settings.data:
        return settings.data
    is_here = os.environ.get(PROJECT_VARIABLE) == project
    return os.environ.get(PROJECT_DATA_URL_VARIABLE) or None if is_here else None


def _known() -> dict[str, ProjectSettings] | None:
    text = os.environ.get(PROJECTS_VARIABLE)
    return None if text is None else projects_from_json(text)


def require_pod_of(project: str) -> None:
    """Raises ProjectError in a pod of another project; a pod that names none may be anybody's."""
    check_project(project)
    own = os.environ.get(PROJECT_VARIABLE)
    if own and own != project:
        raise ProjectError(
            f"This is a pod of the project {own!r}, which has no part of {project!r}.",
            fix=f"Run this in a pod of {project!r}, made with airstrip_pods.project({project!r}), "
            f"or name {own!r} here.",
        )
