"""What the command line says of a project, by the rules of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from airstrip.errors import AirstripError, UsageError
from airstrip.spec.airflow_options import Wrong
from airstrip.spec.components import AmountsFile, check_amounts
from airstrip.spec.fields import BUILT_SCHEMES, is_built_reference, is_reference, own_secret_problem
from airstrip.spec.project_places import data_url
from airstrip.spec.projects import MOST_SLOTS, wrong_config, wrong_project
from airstrip.spec.resolved import Project
from airstrip.spec.settings import wrong_variable_name

TYPED = ""
"""Where the value of a secret came from that no reference names."""


@dataclass(frozen=True)
class ProjectWords:
    """`secrets` are references, `values` are secrets themselves, which no repr shows; `data` is a store's URL."""

    config: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    pool: int | None = None
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    data: str | None = None


@dataclass(frozen=True)
class Forgotten:
    """What a project shall not have any more, by name."""

    keys: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    pool: bool = False
    requests: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    data: bool = False


def make_project(deployment: str, name: str, words: ProjectWords, before: Project | None = None) -> Project:
    """What a project is with these words, on top of what it was. Raises UsageError; no secret is repeated."""
    _refuse(wrong_project(name, deployment))
    for key, text in words.config.items():
        _refuse(wrong_config(key, text))
    for key in (*words.secrets, *words.values):
        _refuse(wrong_variable_name(key))
    for key, reference in words.secrets.items():
        _refuse(_wrong_secret(key, reference))
    if words.pool is not None and not 1 <= words.pool <= MOST_SLOTS:
        raise UsageError("spec.bad-value", f"a pool has 1 to {MOST_SLOTS} slots", fix="For example: --pool 4")
    before = before or Project()
    project = Project(
        config={**before.config, **words.config},
        secrets={**before.secrets, **words.secrets, **dict.fromkeys(words.values, TYPED)},
        pool=before.pool if words.pool is None else words.pool,
        requests={**before.requests, **_amounts(words.requests)},
        limits={**before.limits, **_amounts(words.limits)},
        data=before.data if words.data is None else _data(words.data),
    )
    _check_whole(project)
    return project


def without(project: Project, name: str, what: Forgotten) -> Project:
    """Raises `project.no-such-key` for what it has not got."""
    if what.pool and project.pool is None:
        raise _no_such(name, "pool", ())
    if what.data and not project.data:
        raise _no_such(name, "place of its data in an object store", ())
    return Project(
        config=_left(project.config, what.keys, name, "setting"),
        secrets=_left(project.secrets, what.secrets, name, "secret"),
        pool=None if what.pool else project.pool,
        requests=_left(project.requests, what.requests, name, "request"),
        limits=_left(project.limits, what.limits, name, "limit"),
        data="" if what.data else project.data,
    )


def _left(items: Mapping[str, str], gone: Iterable[str], name: str, what: str) -> dict[str, str]:
    gone = set(gone)
    for key in sorted(gone - set(items)):
        raise _no_such(name, f"{what} {key}", items)
    return {key: value for key, value in items.items() if key not in gone}


def _no_such(name: str, what: str, known: Iterable[str]) -> AirstripError:
    return AirstripError(
        "project.no-such-key",
        f"the project {name} has no {what}",
        cause=f"It has: {', '.join(sorted(known)) or 'none'}.",
        fix=f"See it: ./airstrip project show {name}",
    )


def _refuse(wrong: Wrong | None) -> None:
    if wrong:
        raise UsageError(wrong[0], wrong[1], fix=wrong[2])


def _wrong_secret(key: str, reference: str) -> Wrong | None:
    schemes = ", ".join(f"{scheme}:…" for scheme in BUILT_SCHEMES)
    if not is_reference(reference):
        message = f"a secret is no argument, which others can see: {key} needs a reference to it"
        fix = f"Write --secret {key} alone to be asked, or one of {schemes} after {key}=; and change it."
        return "spec.secret-literal", message, fix
    scheme = reference.partition(":")[0]
    if scheme not in BUILT_SCHEMES:
        message = f"references of {scheme} are known, but this release does not build them yet"
        return "spec.not-yet", message, f"Write one of {schemes}."
    if not is_built_reference(reference):
        return "spec.bad-reference", f"the reference of {key} names no key of a Secret", "Write k8s:NAME/KEY."
    problem = own_secret_problem(reference)
    return ("spec.own-secret", *problem) if problem else None


def _amounts(words: Mapping[str, str]) -> dict[str, str]:
    try:
        return AmountsFile.model_validate(dict(words)).model_dump(exclude_none=True)
    except ValidationError as error:
        raise _unfit(error) from None


def _data(url: str) -> str:
    try:
        return data_url(url)
    except PydanticCustomError as error:
        raise _of(error) from None


def _check_whole(project: Project) -> None:
    for key in sorted(set(project.config) & set(project.secrets)):
        message = f"{key} cannot be a setting and a secret of a project"
        raise UsageError("spec.conflict", message, fix=f"Unset the one that it has: KEY {key}, or --secret {key}.")
    try:
        check_amounts(AmountsFile.model_validate(project.requests), AmountsFile.model_validate(project.limits))
    except PydanticCustomError as error:
        raise _of(error) from None


def _of(error: PydanticCustomError) -> UsageError:
    return UsageError(error.type, error.message(), fix=(error.context or {}).get("fix", ""))


def _unfit(error: ValidationError) -> UsageError:
    first: Any = error.errors(include_url=False)[0]
    if first["type"] == "extra_forbidden":
        return UsageError("spec.unknown-key", f"{first['loc'][-1]} is no amount", fix="Known: cpu, memory.")
    context = first.get("ctx", {})
    return UsageError(first["type"], f"{first['loc'][-1]}: {first['msg']}", fix=context.get("fix", ""))
