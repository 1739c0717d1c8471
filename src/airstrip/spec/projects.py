"""`projects`: what the pods of one project get, and what Airflow and the cluster keep for them by its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, model_validator

from airstrip.errors import Problem
from airstrip.spec.airflow_options import Wrong
from airstrip.spec.components import AmountsFile, check_amounts
from airstrip.spec.document import Document, at, mappings
from airstrip.spec.fields import NamespaceName, SecretReference, Setting, is_reference
from airstrip.spec.own_pods import is_own_object
from airstrip.spec.project_places import DataUrl, QuotaFile, check_quota
from airstrip.spec.resolved import Project
from airstrip.spec.settings import is_secret_variable, wrong_value, wrong_variable_name
from airstrip.spec.source import KeyPath
from airstrip.spec.written import Written
from airstrip_pods.conventions import check_project

Found = tuple[KeyPath, Wrong]
Texts = dict[str, dict[str, str]]
"""What stands under `config`, by project and key: as it was written."""

_ALL: KeyPath = ("projects",)
MOST_SLOTS = 10_000
# Of a ConfigMap of 1 MiB, and of the 2 MiB that the kernel takes for all variables and arguments.
_MOST_BYTES = 500_000


class ProjectFile(Written):
    """Of the pods of one project."""

    config: dict[str, Setting] = Field({}, description="Their variables, `{NAME: value}`.")
    secrets: dict[str, SecretReference] = Field({}, description="Variables that are secret, `{NAME: reference}`.")
    pool: int | None = Field(None, ge=1, le=MOST_SLOTS, description="Slots of an Airflow pool of its name.")
    requests: AmountsFile = Field(AmountsFile(), description="What a node must have free for a container of its.")
    limits: AmountsFile = Field(AmountsFile(), description="What such a container gets at most.")
    namespace: NamespaceName | None = Field(None, description="One of its own for its pods. Default: all workers'.")
    quota: QuotaFile = Field(QuotaFile(), description="What all pods of that namespace get together.")
    data: DataUrl | None = Field(None, description="Where its data is. Default: a folder of its own in the volume.")

    @model_validator(mode="after")
    def _fits(self) -> ProjectFile:
        check_amounts(self.requests, self.limits)
        check_quota(self.quota, self.namespace, self.requests, self.limits)
        return self


def read_projects(document: Document) -> tuple[Texts, list[Problem]]:
    """The texts, and what the models, which know one mapping each, cannot see."""
    texts: Texts = {}
    found: list[Found] = [*_without_pods(document)]
    for name, words in mappings(document.data, _ALL):
        path = (*_ALL, name)
        deployment = at(document.data, ("name",))
        if wrong := wrong_project(name, deployment if isinstance(deployment, str) else ""):
            found.append((path, wrong))
        config = {key: document.place((*path, "config", key)).raw for key in _keys(words, "config")}
        texts[name] = config
        found += _wrong_entries(path, words, config)
    return texts, [_problem(document, path, wrong) for path, wrong in found]


def resolve_projects(written: dict[str, ProjectFile], texts: Texts, document: Document) -> dict[str, Project]:
    """With the place of each, for what is wrong with it when the cluster is known."""
    return {
        name: Project(
            config=texts[name],
            secrets=project.secrets,
            pool=project.pool,
            requests=project.requests.model_dump(exclude_none=True),
            limits=project.limits.model_dump(exclude_none=True),
            namespace=project.namespace or "",
            quota=project.quota.resolve(),
            data=project.data or "",
            place=f"{document.source.file}:{document.key((*_ALL, name)).line}",
        )
        for name, project in written.items()
    }


def wrong_project(name: str, deployment: str) -> Wrong | None:
    """Why a project of a deployment cannot have this name."""
    try:
        check_project(name)
    except ValueError as error:
        return "spec.bad-name", str(error).rstrip("."), "For example: sales-reports"
    if is_own_object(name, deployment):
        message = f"{name} cannot be a project's name: an object of Airstrip's own has it"
        return "spec.own-object", message, f"For example: {name}-project"
    return None


def wrong_config(key: str, text: str) -> Wrong | None:
    """Why this cannot stand under `config`. The value is not repeated."""
    if wrong := wrong_variable_name(key):
        return wrong
    if is_secret_variable(key):
        message = f"{key} is a secret's name, and a secret is no setting"
        return "spec.secret-variable", message, _as_secret(key)
    if is_reference(text):
        return "spec.reference-not-allowed", "a setting takes no secret reference", _as_secret(key)
    return wrong_value(text)


def _as_secret(key: str) -> str:
    return f"Write it as a secret: secrets: {{{key}: env:…}}, or --secret {key}=env:…; change it if it was shared."


def _wrong_entries(path: KeyPath, words: dict[str, Any], config: dict[str, str]) -> Iterator[Found]:
    for key, text in config.items():
        if wrong := wrong_config(key, text):
            yield (*path, "config", key), wrong
    for key in _keys(words, "secrets"):
        if wrong := wrong_variable_name(key):
            yield (*path, "secrets", key), wrong
        elif key in config:
            message = f"{key} stands under config as well"
            yield (*path, "secrets", key), ("spec.conflict", message, "Keep one of the two.")
    if sum(len(part.encode(errors="replace")) for pair in config.items() for part in pair) > _MOST_BYTES:
        message, fix = "the settings are too long all together", "Put long texts into a file of the data folder."
        yield (*path, "config"), ("spec.too-large", message, fix)


def _keys(words: dict[str, Any], key: str) -> list[str]:
    """Of those with a scalar: what else is wrong, the models report."""
    found = words.get(key)
    items = found.items() if isinstance(found, dict) else ()
    return [name for name, value in items if isinstance(value, str | int | float)]


def _without_pods(document: Document) -> Iterator[Found]:
    if at(document.data, _ALL) and at(document.data, ("airflow", "executor")) == "local":
        message = "projects are of pods, and with the executor local tasks have none"
        yield _ALL, ("spec.conflict", message, "Remove it, or write airflow.executor: kubernetes.")


def _problem(document: Document, path: KeyPath, wrong: Wrong) -> Problem:
    return document.source.problem(wrong[0], path, wrong[1], wrong[2], document.key(path))
