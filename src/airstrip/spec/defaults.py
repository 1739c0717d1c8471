"""From what was written to the spec: defaults, paths relative to the file, lists that stand in files."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from airstrip.errors import Problem, SpecError, UsageError
from airstrip.spec.document import Document
from airstrip.spec.fields import package_problem, requirement_problem
from airstrip.spec.models import PackagesFile, RequirementsFile, SpecFile
from airstrip.spec.resolve_components import resolve_components
from airstrip.spec.resolve_dags import resolve_dags
from airstrip.spec.resolve_expose import resolve_expose
from airstrip.spec.resolved import REQUIRED_EXTRAS, Airflow, Database, Image, Namespaces, Spec
from airstrip.spec.settings import Settings
from airstrip.spec.source import KeyPath, Mark, read_source
from airstrip.spec.written import TargetSpec

Judge = Callable[[str], tuple[str, str] | None]
"""Message and fix for an entry that is wrong."""

_List = TypeVar("_List", RequirementsFile, PackagesFile)

_AS_WRITTEN = {"ref", "registry", "pull_secrets", "builder", "base"}
"""Keys of `image` that have no defaults of their own."""


def resolve(written: SpecFile, target: TargetSpec, file: Path | None, image: Image, settings: Settings) -> Spec:
    """The spec of a file without problems; `image` has its lists read, `settings` their texts."""
    folder = Path() if file is None else file.parent
    return Spec(
        api_version=written.api_version,
        name=written.name,
        target=target,
        namespaces=Namespaces(
            control=written.namespaces.control or written.name,
            workers=written.namespaces.workers or f"{written.name}-workers",
            create=written.namespaces.create,
        ),
        airflow=Airflow(
            version=written.airflow.version,
            extras=tuple(dict.fromkeys(REQUIRED_EXTRAS + written.airflow.extras)),
            config=settings.config,
            env=settings.env,
            executor=written.airflow.executor,
        ),
        components=resolve_components(written.components, settings),
        image=image.model_copy(update=written.image.model_dump(include=_AS_WRITTEN)),
        dags=resolve_dags(written.dags, folder),
        database=Database(url=(written.database and written.database.url) or ""),
        expose=resolve_expose(written.expose),
        file=None if file is None else file.absolute(),
    )


def resolve_image(document: Document, folder: Path) -> tuple[Image, list[Problem]]:
    """The lists of what to build, read from the files that are named, and every problem of those files.

    What is wrong in the main file is reported by its models: here such a part counts as not written,
    so that one mistake does not hide those of another file.
    """
    written = document.data.get("image") if isinstance(document.data, dict) else None
    parts = written if isinstance(written, dict) else {}
    requirements, problems = _list(_part(RequirementsFile, parts), document, folder)
    packages, more = _list(_part(PackagesFile, parts), document, folder)
    return Image(requirements=requirements, packages=packages), problems + more


def _part(model: type[_List], parts: dict[str, Any]) -> _List | None:
    try:
        return model.model_validate(parts[model.key]) if model.key in parts else None
    except ValidationError:
        return None


def _list(
    written: RequirementsFile | PackagesFile | None, document: Document, folder: Path
) -> tuple[tuple[str, ...], list[Problem]]:
    if written is None or written.file is None:
        return (() if written is None else written.items), []
    path: KeyPath = ("image", written.key, "file")
    try:
        if isinstance(written, RequirementsFile):
            return _read_list(folder / written.file, "spec.bad-requirement", requirement_problem)
        return _read_list(folder / written.file, "spec.bad-package", package_problem)
    except SpecError as error:
        return (), list(error.problems)
    except UsageError as error:
        mark = document.place(path).value
        fix = "Correct the path: it is relative to this file."
        return (), [document.source.problem("spec.file-not-readable", path, error.message, fix, mark)]


def _read_list(file: Path, code: str, judge: Judge) -> tuple[tuple[str, ...], list[Problem]]:
    """One entry per line, `#` begins a comment; a backslash joins lines, and hashes are left out."""
    source = read_source(file)
    entries: list[str] = []
    problems: list[Problem] = []
    for number, line in _joined(source.lines):
        entry = " ".join(re.split(r"(?:^|\s)#", line)[0].split()).split(" --hash=")[0]
        if not entry:
            continue
        entries.append(entry)
        if problem := judge(entry):
            problems.append(source.problem(code, (), *problem, Mark(number, 1)))
    return tuple(entries), problems


def _joined(lines: list[str]) -> list[tuple[int, str]]:
    """Lines with their number, those that end in a backslash joined with the next."""
    joined: list[tuple[int, str]] = []
    open_line = ""
    start = 1
    for number, line in enumerate(lines, 1):
        start = start if open_line else number
        if line.endswith("\\"):
            open_line += line[:-1] + " "
            continue
        joined.append((start, open_line + line))
        open_line = ""
    return [*joined, (start, open_line)] if open_line else joined
