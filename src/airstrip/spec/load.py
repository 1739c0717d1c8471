"""Reads an airstrip.yaml: every problem at once, or the spec."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from airstrip.errors import Problem, SpecError
from airstrip.spec.baked import check_baked
from airstrip.spec.defaults import resolve, resolve_image
from airstrip.spec.document import Document, parse_document
from airstrip.spec.explain import explain
from airstrip.spec.fields import API_VERSION, did_you_mean
from airstrip.spec.ingress_annotations import check_ingress_annotations
from airstrip.spec.models import SpecFile
from airstrip.spec.namespaces import check_namespaces
from airstrip.spec.patches import check_patches, resolve_patches
from airstrip.spec.pods import check_pods
from airstrip.spec.projects import read_projects, resolve_projects
from airstrip.spec.resolved import Image, Spec
from airstrip.spec.settings import Settings, read_settings
from airstrip.spec.source import KeyPath, Source, read_source
from airstrip.spec.written import TargetSpec

FILE_NAME = "airstrip.yaml"
BUILT_IN_NAME = "airflow"

_Model = TypeVar("_Model", bound=BaseModel)


def find_file(file: Path | None = None) -> Path | None:
    """The file that counts: the named one, `AIRSTRIP_FILE`, ./airstrip.yaml, or none (the built-in deployment)."""
    wanted = wanted_file(file)
    is_default = file is None and not os.environ.get("AIRSTRIP_FILE")
    return None if is_default and not wanted.exists() else wanted


def wanted_file(file: Path | None = None) -> Path:
    """Where the file is, or would be."""
    return file or Path(os.environ.get("AIRSTRIP_FILE") or FILE_NAME)


def load_spec(
    file: Path | None, target_specs: Mapping[str, type[TargetSpec]], planned_targets: Collection[str] = ()
) -> Spec:
    """The deployment that a file describes; with None, the built-in one.

    `target_specs` are the places by the word that the file uses, the first being the default;
    `planned_targets` are words that are known but not built. Raises SpecError with every problem,
    of it and of the files that it names, UsageError where it cannot be read.
    """
    if file is None:
        written = SpecFile(apiVersion=API_VERSION, name=BUILT_IN_NAME)
        return resolve(written, next(iter(target_specs.values()))(), None, Image(), Settings())
    return read_spec(read_source(file), target_specs, planned_targets)


def read_spec(
    source: Source, target_specs: Mapping[str, type[TargetSpec]], planned_targets: Collection[str] = ()
) -> Spec:
    """As `load_spec`, of a text that may not be written yet: paths are relative to where its file is, or will be."""
    file = Path(source.file)
    document = parse_document(source)
    problems = list(document.problems)
    written_file = _validate(SpecFile, document.data, document, problems)
    target = _load_target(document, target_specs, planned_targets, problems)
    image, more = resolve_image(document, file.parent)
    settings, wrong = read_settings(document)
    texts, misnamed = read_projects(document)
    problems += [*more, *wrong, *check_pods(document), *misnamed, *check_patches(document)]
    problems += [*check_baked(document), *check_namespaces(document), *check_ingress_annotations(document)]
    if problems or written_file is None or target is None:
        raise SpecError(problems)
    parts = {
        "projects": resolve_projects(written_file.projects, texts, document),
        "patches": resolve_patches(written_file.patches, document),
    }
    return resolve(written_file, target, file, image, settings).model_copy(update=parts)


def _validate(
    model: type[_Model], data: object, document: Document, problems: list[Problem], prefix: KeyPath = ()
) -> _Model | None:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems += explain(error, model, document, prefix)
        return None


def _load_target(
    document: Document,
    target_specs: Mapping[str, type[TargetSpec]],
    planned: Collection[str],
    problems: list[Problem],
) -> TargetSpec | None:
    if not isinstance(document.data, dict):
        return None
    written = document.data.get("target", next(iter(target_specs)))
    options = {written: {}} if isinstance(written, str) else written
    if not isinstance(options, dict) or len(options) != 1:
        problems.append(_one_target(document, target_specs))
        return None
    place, own = next(iter(options.items()))
    if place not in target_specs:
        problems.append(_unknown_target(str(place), document, target_specs, planned))
        return None
    return _validate(target_specs[place], {} if own is None else own, document, problems, ("target", place))


def _one_target(document: Document, target_specs: Mapping[str, type[TargetSpec]]) -> Problem:
    example = next(iter(target_specs))
    fix = f"Write `target: {example}`, or `target: {{{example}: {{…}}}}`."
    mark = document.place(("target",)).value
    return document.source.problem("spec.one-of", ("target",), "target takes exactly one place", fix, mark)


def _unknown_target(
    place: str, document: Document, target_specs: Mapping[str, type[TargetSpec]], planned: Collection[str]
) -> Problem:
    path: KeyPath = ("target", place)
    mark = document.key(path)
    built = ", ".join(target_specs)
    if place in planned:
        message = f"the target {place} is known, but this release does not build it yet"
        return document.source.problem("spec.not-yet", path, message, f"Built: {built}", mark)
    near = did_you_mean(place, (*target_specs, *planned))
    message = f"the target {place} is not known"
    return document.source.problem("spec.unknown-target", path, message, f"{near}Known: {built}", mark)
