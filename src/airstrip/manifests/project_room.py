"""The namespaces that projects have of their own: whose they are, and how much there is for all of their pods."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.manifests.manifest_set import Object
from airstrip.manifests.metadata import deployment_labels
from airstrip.manifests.names import PROJECT
from airstrip.spec import Project, Quota, Spec
from airstrip_pods.conventions import PROJECT_LABEL


def project_room(spec: Spec, name: str) -> tuple[Object, ...]:
    """A ResourceQuota and a LimitRange, each named as the project, where it has a namespace and they say something."""
    project = spec.projects[name]
    if not project.namespace:
        return ()
    bodies = {"LimitRange": dict(_defaults(project)), "ResourceQuota": _hard(project.quota)}
    return tuple(
        {"apiVersion": "v1", "kind": kind, "metadata": project_metadata(spec, name, name), "spec": body}
        for kind, body in bodies.items()
        if body
    )


def project_in(spec: Spec, namespace: str) -> str:
    """Whose own namespace this is; empty for nobody's."""
    return next((name for name, project in spec.projects.items() if project.namespace == namespace), "")


def quota_words(quota: Quota) -> dict[str, str]:
    """By Kubernetes' own names."""
    amounts = {"requests": quota.requests, "limits": quota.limits}
    hard = {f"{kind}.{name}": amount for kind, given in amounts.items() for name, amount in given.items()}
    return {**hard, **({"pods": str(quota.pods)} if quota.pods else {})}


def project_metadata(spec: Spec, name: str, project: str) -> Object:
    """Of every object of a project."""
    labels = {**deployment_labels(spec), "app.kubernetes.io/component": PROJECT, PROJECT_LABEL: project}
    return {"name": name, "namespace": spec.namespace_of(project), "labels": labels}


def _defaults(project: Project) -> Iterator[tuple[str, object]]:
    """Of containers that say nothing themselves: a quota that counts an amount refuses them, sidecars included."""
    amounts = {"default": dict(project.limits), "defaultRequest": dict(project.requests)}
    given = {kind: values for kind, values in amounts.items() if values}
    if given:
        yield "limits", [{"type": "Container", **given}]


def _hard(quota: Quota) -> Object:
    hard = quota_words(quota)
    return {"hard": hard} if hard else {}
