"""The Secrets of projects that the file declares: read by their references each time, and kept nowhere else."""

from __future__ import annotations

from typing import Any

from airstrip.errors import AirstripError
from airstrip.kube import Cluster, inventory
from airstrip.manifests import project_secret
from airstrip.operations.references import ReadSecret, folder_of, read_reference, secret_reader
from airstrip.spec import Project, Spec


def check_references(spec: Spec) -> None:
    """Raises for a reference that names no value, as far as that can be told before there is a cluster."""
    for name, project in spec.projects.items():
        _values(spec, name, project, None)


def declared_secrets(cluster: Cluster, spec: Spec) -> tuple[dict[str, Any], ...]:
    """Secret objects of the projects that have any. Raises AirstripError with the place of the project."""
    return tuple(
        project_secret(spec, name, _values(spec, name, project, secret_reader(cluster, spec)))
        for name, project in spec.projects.items()
        if project.secrets
    )


def secret_entries(spec: Spec) -> frozenset[inventory.Entry]:
    """What the inventory records of them."""
    named = (name for name, project in spec.projects.items() if project.secrets)
    return inventory.entries(project_secret(spec, name, {}) for name in named)


def _values(spec: Spec, name: str, project: Project, read: ReadSecret | None) -> dict[str, str]:
    values = {}
    for key, reference in project.secrets.items():
        try:
            value = read_reference(reference, folder_of(spec), read)
        except AirstripError as error:
            message = f"{project.place}: {key} of the project {name}: {error.message}"
            raise AirstripError(error.code, message, cause=error.cause, fix=error.fix) from None
        if value is not None:
            values[key] = value
    return values
