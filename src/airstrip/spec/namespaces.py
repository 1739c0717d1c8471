"""`namespaces` and `projects.NAME.namespace`: whose is whose, and which are nobody's to take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airstrip.errors import Problem
from airstrip.spec.airflow_options import Wrong
from airstrip.spec.document import Document, at, mappings
from airstrip.spec.source import KeyPath

_SHARED = {"default": "it is Kubernetes' own"}
"""Those of `kube-` no name can be; on `default` verify stands, as one that is none of the deployment's."""
_PROJECTS: KeyPath = ("projects",)


def check_namespaces(document: Document) -> list[Problem]:
    """Those that are somebody else's: Kubernetes' own, and for a project the deployment's and another project's."""
    found = (*_of_deployment(document), *_of_projects(document))
    return [document.source.problem(code, path, text, fix, document.key(path)) for path, (code, text, fix) in found]


def _of_deployment(document: Document) -> Iterator[tuple[KeyPath, Wrong]]:
    for key, whose in (("control", "the control plane"), ("workers", "tasks' pods")):
        if (name := _text(document, ("namespaces", key))) in _SHARED:
            message = f"{name} cannot be the namespace of {whose}: {_SHARED[name]}"
            yield ("namespaces", key), ("spec.conflict", message, "Write one of its own; or remove it.")
    name = _text(document, ("name",))
    if name in _SHARED and not _text(document, ("namespaces", "control")):
        message = f"{name} cannot be the name: the namespace of the control plane is called so, and {_SHARED[name]}"
        yield ("name",), ("spec.conflict", message, "Write another name; or beside it: namespaces: {control: NAME}")


def _of_projects(document: Document) -> Iterator[tuple[KeyPath, Wrong]]:
    name = _text(document, ("name",))
    taken = dict(_SHARED)
    taken[_text(document, ("namespaces", "workers")) or f"{name}-workers"] = "it is that of all task pods"
    taken[_text(document, ("namespaces", "control")) or name] = "it is the control plane's"
    for project, words in mappings(document.data, _PROJECTS):
        own = words.get("namespace")
        if not isinstance(own, str):
            continue
        if own in taken:
            message = f"{own} cannot be the namespace of the project {project}: {taken[own]}"
            fix = f"Write one of its own, such as {project}-pods; or remove it, and its pods are with all others."
            yield (*_PROJECTS, project, "namespace"), ("spec.conflict", message, fix)
        else:
            taken[own] = f"the project {project} has it"


def _text(document: Document, path: KeyPath) -> str:
    """What stands there; anything but text, the models report."""
    found: Any = at(document.data, path)
    return found if isinstance(found, str) else ""
