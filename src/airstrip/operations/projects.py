"""Projects by the command line: made, changed and taken away in the cluster, where their state is.

A secret's value is in its Secret and nowhere else: no Result and no error holds one.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from airstrip.answers import ProjectData, ProjectsData, RemovedProjectData
from airstrip.errors import AirstripError
from airstrip.events import Emit, step
from airstrip.kube import Lease
from airstrip.manifests import pods_selector, project_objects, project_secret, quota_words
from airstrip.operations.pools import delete_pool, ensure_pool
from airstrip.operations.project_data import delete_data
from airstrip.operations.project_store import (
    StoredProject,
    apply_maps,
    require_free,
    stored_projects,
)
from airstrip.operations.references import read_reference, secret_reader
from airstrip.operations.session import Session, decode_secret
from airstrip.operations.store_clients import absent_clients
from airstrip.result import Result
from airstrip.spec import Forgotten, Project, ProjectWords, make_project, without


def list_projects(session: Session) -> Result[ProjectsData]:
    """Those of the cluster, and those that the file declares and `up` has not landed yet."""
    stored = stored_projects(session.cluster, session.spec)
    names = sorted({*stored, *session.spec.projects})
    projects = [_to_dict(session, name, stored.get(name)) for name in names]
    return Result("project list", {"name": session.spec.name, "projects": projects})


def show_project(session: Session, name: str) -> Result[ProjectData]:
    """Raises `project.not-found`."""
    stored = stored_projects(session.cluster, session.spec)
    if name not in stored and name not in session.spec.projects:
        raise _not_found(name, {*stored, *session.spec.projects})
    return Result("project show", _to_dict(session, name, stored.get(name)))


def add_project(session: Session, name: str, words: ProjectWords, emit: Emit) -> Result[ProjectData]:
    """Makes a project that no file declares. Raises `project.exists`, `project.taken`, UsageError for wrong words."""
    project = make_project(session.spec.name, name, words)
    if session.spec.airflow.executor == "local":
        raise AirstripError(
            "project.no-pods",
            "projects are of pods, and with the executor local tasks have none",
            cause="The file says so: airflow.executor: local.",
            fix="Write airflow.executor: kubernetes, and run: ./airstrip up   (as root, or with sudo)",
        )
    with _lease(session), step(emit, "project.add", f"Add the project {name}"):
        stored = stored_projects(session.cluster, session.spec)
        _require_not_declared(session, name, stored.get(name))
        if name in stored:
            raise AirstripError(
                "project.exists",
                f"{session.spec.name} has a project {name} already",
                cause="It was added before.",
                fix=f"See it: ./airstrip project show {name}; change it: ./airstrip project set {name} KEY=VALUE",
            )
        require_free(session.cluster, session.spec, name)
        _store(session, name, project, _values(session, words))
        session.target.ensure_data_folder(name)
        made = _publish(session, name)
    return Result("project add", made, absent_clients(session.spec, {name: project}))


def set_project(session: Session, name: str, words: ProjectWords, emit: Emit) -> Result[ProjectData]:
    """Gives a project what is said of it; what is not said stays."""
    make_project(session.spec.name, name, words)
    with _lease(session), step(emit, "project.set", f"Change the project {name}"):
        after = make_project(session.spec.name, name, words, _kept(session, name))
        _store(session, name, after, {**_secret_values(session, name), **_values(session, words)})
        made = _publish(session, name)
    return Result("project set", made, absent_clients(session.spec, {name: after}))


def unset_project(session: Session, name: str, what: Forgotten, emit: Emit) -> Result[ProjectData]:
    """Takes something of a project away; raises `project.no-such-key` for what it has not got."""
    with _lease(session), step(emit, "project.unset", f"Change the project {name}"):
        after = without(_kept(session, name), name, what)
        kept = {key: value for key, value in _secret_values(session, name).items() if key in after.secrets}
        _store(session, name, after, kept)
        made = _publish(session, name)
    return Result("project unset", made)


def remove_project(
    session: Session, name: str, emit: Emit, confirm: Callable[[str], bool], *, data: bool
) -> Result[RemovedProjectData]:
    """Takes a project away once `confirm` agrees; its data folder stays unless `data` says so, a store's always."""
    spec, cluster = session.spec, session.cluster
    url = _kept(session, name).data
    folder = f" and its folder, but what is at {url}" if url else " and all of its data"
    what = f"its settings, its secrets, its pool{folder if data else ''}"
    if not confirm(f"Remove the project {name} of {spec.name}: {what}{_at_work(session, name)}?"):
        raise AirstripError("project.refused", "nothing was removed", fix="Without --data, data stays.")
    with _lease(session), step(emit, "project.remove", f"Remove the project {name}") as progress:
        others = {other: item.project for other, item in stored_projects(cluster, spec).items() if other != name}
        # Airflow first: no DAG refers to what goes.
        apply_maps(cluster, spec, others)
        delete_pool(session.airflow, name)
        for kind in ("Secret", "ServiceAccount"):
            cluster.delete("v1", kind, name, spec.namespaces.workers)
        if data:
            delete_data(session, name, progress)
        # It is what says that there is a project: the next try finds the rest of one that could not be removed.
        cluster.delete("v1", "ConfigMap", name, spec.namespaces.workers)
    document: RemovedProjectData = {
        "project": name,
        "dataDeleted": data and not url,
        "folder": None if url else _folder(session, name),
        "url": url or None,
    }
    return Result("project remove", document)


def _at_work(session: Session, name: str) -> str:
    """Said where somebody would miss what goes."""
    pods = session.cluster.list("v1", "Pod", session.spec.namespaces.workers, label_selector=pods_selector(name))
    running = sum(1 for pod in pods if pod.get("status", {}).get("phase") in ("Pending", "Running"))
    return f" ({running} of its pods are at work)" if running else ""


def _lease(session: Session) -> Lease:
    return Lease(session.cluster, session.spec.namespaces.control, purpose="project")


def _values(session: Session, words: ProjectWords) -> dict[str, str]:
    """Read here and now: a command's references are relative to where it is run."""
    read = secret_reader(session.cluster, session.spec)
    found = {key: read_reference(reference, Path(), read) for key, reference in words.secrets.items()}
    return {**{key: value for key, value in found.items() if value is not None}, **words.values}


def _store(session: Session, name: str, project: Project, values: Mapping[str, str]) -> None:
    """The pool first, which may be refused; the ConfigMap last: it is what says that there is a project."""
    spec, cluster = session.spec, session.cluster
    account, config = project_objects(spec, name, project)
    if project.pool is None:
        delete_pool(session.airflow, name)
    else:
        ensure_pool(session.airflow, name, project.pool)
    if values:
        cluster.apply(project_secret(spec, name, values))
    else:
        cluster.delete("v1", "Secret", name, spec.namespaces.workers)
    cluster.apply(account)
    cluster.apply(config)


def _publish(session: Session, name: str) -> ProjectData:
    """Tells Airflow of all of them, and the caller of this one."""
    stored = stored_projects(session.cluster, session.spec)
    apply_maps(session.cluster, session.spec, {other: item.project for other, item in stored.items()})
    return _to_dict(session, name, stored[name])


def _secret_values(session: Session, name: str) -> dict[str, str]:
    found = session.cluster.get("v1", "Secret", name, session.spec.namespaces.workers)
    return {} if found is None else decode_secret(found)


def _kept(session: Session, name: str) -> Project:
    """Raises `project.not-found`, or `project.declared` for one that a file has."""
    stored = stored_projects(session.cluster, session.spec)
    _require_not_declared(session, name, stored.get(name))
    if name not in stored:
        raise _not_found(name, {*stored, *session.spec.projects})
    return stored[name].project


def _require_not_declared(session: Session, name: str, stored: StoredProject | None) -> None:
    if declared := session.spec.projects.get(name):
        raise AirstripError(
            "project.declared",
            f"the project {name} is declared in {declared.place}",
            cause="What a file declares is changed there: the next `up` would take this back.",
            fix="Change it there, then run: ./airstrip up   (as root, or with sudo)",
        )
    if stored and not stored.by_command:
        raise AirstripError(
            "project.declared",
            f"the project {name} was landed from a file that declares it no more",
            cause="`up` has not run since it was removed there.",
            fix="Run: ./airstrip up   (as root, or with sudo), which takes it away; its data folder stays.",
        )


def _not_found(name: str, known: Iterable[str]) -> AirstripError:
    near = difflib.get_close_matches(name, list(known), n=3)
    return AirstripError(
        "project.not-found",
        f"there is no project {name}",
        cause=f"Did you mean {' or '.join(near)}?" if near else "It was removed, or the name is not right.",
        fix=f"See all projects: ./airstrip project list; make it: ./airstrip project add {name}",
    )


def _to_dict(session: Session, name: str, stored: StoredProject | None) -> ProjectData:
    """As it is landed, or as the file declares it where it is not."""
    declared = session.spec.projects.get(name)
    project = stored.project if stored else declared
    assert project is not None
    return {
        "project": name,
        "source": "command" if stored and stored.by_command else "file",
        "place": declared.place if declared else None,
        "landed": stored is not None,
        "config": dict(project.config),
        "secrets": {key: reference or "typed" for key, reference in project.secrets.items()},
        "pool": project.pool,
        "requests": dict(project.requests),
        "limits": dict(project.limits),
        "namespace": project.namespace or session.spec.namespaces.workers,
        "quota": quota_words(project.quota),
        "folder": None if project.data else _folder(session, name),
        "url": project.data or None,
    }


def _folder(session: Session, name: str) -> str | None:
    base = session.platform.data_folder
    return f"{base}/{name}" if base else None
