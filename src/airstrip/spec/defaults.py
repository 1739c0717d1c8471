"""From what was written to the spec: defaults, paths relative to the file, lists that stand in files."""

from __future__ import annotations

import os
from pathlib import Path

from airstrip.errors import Problem, UsageError
from airstrip.spec.document import Document
from airstrip.spec.fields import requirement_problem
from airstrip.spec.models import PackagesFile, RequirementsFile, SpecFile, TargetSpec
from airstrip.spec.resolved import REQUIRED_EXTRAS, Airflow, Dags, Image, Namespaces, Spec
from airstrip.spec.source import KeyPath, Mark, read_source


def resolve(written: SpecFile, target: TargetSpec, file: Path | None, image: Image) -> Spec:
    """The spec of a file without problems; `image` has its lists read."""
    folder = Path() if file is None else file.parent
    dags = None if written.dags is None or written.dags.path is None else _absolute(folder, written.dags.path)
    return Spec(
        api_version=written.api_version,
        name=written.name,
        target=target,
        namespaces=Namespaces(
            control=written.namespaces.control or written.name,
            workers=written.namespaces.workers or f"{written.name}-workers",
        ),
        airflow=Airflow(
            version=written.airflow.version,
            extras=tuple(dict.fromkeys(REQUIRED_EXTRAS + written.airflow.extras)),
        ),
        image=image,
        dags=Dags(path=dags),
        file=None if file is None else file.absolute(),
    )


def _absolute(folder: Path, path: str) -> Path:
    # Not resolve(): a link that is switched to a new release is to be followed then, not now.
    return Path(os.path.normpath((folder / path).absolute()))


def resolve_image(written: SpecFile, document: Document, folder: Path) -> tuple[Image, list[Problem]]:
    """Reads requirements and packages from the files that are named, with every problem of those."""
    requirements, problems = _list(written.image.requirements, document, folder, "requirements")
    packages, more = _list(written.image.packages, document, folder, "packages")
    return Image(ref=written.image.ref, requirements=requirements, packages=packages), problems + more


def _list(
    written: RequirementsFile | PackagesFile | None, document: Document, folder: Path, key: str
) -> tuple[tuple[str, ...], list[Problem]]:
    if written is None or written.file is None:
        return (() if written is None else written.items), []
    path: KeyPath = ("image", key, "file")
    try:
        return _read_list(folder / written.file, check=isinstance(written, RequirementsFile))
    except UsageError as error:
        mark = document.place(path).value
        fix = "Correct the path: it is relative to this file."
        return (), [document.source.problem("spec.file-not-readable", path, error.message, fix, mark)]


def _read_list(file: Path, *, check: bool) -> tuple[tuple[str, ...], list[Problem]]:
    """One entry per line, `#` begins a comment; a backslash joins lines, and hashes are left out."""
    source = read_source(file)
    entries: list[str] = []
    problems: list[Problem] = []
    for number, line in _joined(source.lines):
        entry = line.split(" #")[0].split(" --hash=")[0].strip()
        if not entry or entry.startswith("#"):
            continue
        entries.append(entry)
        if check and (problem := requirement_problem(entry)):
            problems.append(source.problem("spec.bad-requirement", (), *problem, Mark(number, 1)))
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
