"""Writes a commented file and a first DAG, or examples, for whoever begins."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from airstrip.answers import WrittenData
from airstrip.errors import SpecError, UsageError, not_written
from airstrip.operations.additions import as_block, read_file, with_additions
from airstrip.operations.examples import Example, find_examples
from airstrip.result import Result
from airstrip.spec import Spec, read_spec, wanted_file
from airstrip.spec.document import Document
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS

_TEMPLATES = Path(__file__).parent / "templates"
_DAGS = "dags"
_FIX = "Remove it, or name another file with -f. Nothing was written."


def init(file: Path | None, examples: tuple[str, ...] = ()) -> Result[WrittenData]:
    """Overwrites nothing. Without examples, a file that is there is an error, a folder of DAGs is left as it is.

    With examples, a file that is there gets what they need and it has not, and their DAGs go into its folder of DAGs.
    Files that are there already and differ are an error before anything is written, and so is a file that would not be
    a deployment's any more.
    """
    file = wanted_file(file)
    if examples:
        return _init_examples(file, find_examples(examples))
    if file.exists():
        raise UsageError("init.exists", f"{file} is there already", fix=_FIX)
    contents = {file: (_TEMPLATES / "airstrip.yaml").read_text()}
    dags = file.parent / _DAGS
    if not dags.exists():
        contents[dags / "hello.py"] = (_TEMPLATES / "dags" / "hello.py").read_text()
    return _write(contents)


def _init_examples(file: Path, examples: tuple[Example, ...]) -> Result[WrittenData]:
    is_new = not file.exists()
    document = read_file(_TEMPLATES / "airstrip.yaml" if is_new else file)
    document = replace(document, source=replace(document.source, file=str(file)))
    before = document.source.text
    # What is wrong with it already is not the examples' doing, and is told as it is.
    spec = _read(document)
    if "dags" not in document.data:
        document = with_additions(document, {"dags": {"path": _DAGS}})
    for example in examples:
        document = with_additions(document, example.needs)
        spec = _spec_with(document, example)
    folder = _folder_of_dags(spec, file)
    contents = {folder / name: text for example in examples for name, text in example.dags().items()}
    missing = _missing(contents)
    text = document.source.text
    if is_new:
        return _write({file: text, **missing})
    return _write(missing, {file: text} if text != before else {})


def _read(document: Document) -> Spec:
    return read_spec(document.source, TARGET_SPECS, PLANNED_TARGETS)


def _spec_with(document: Document, example: Example) -> Spec:
    """Raises UsageError where the file was right without what the example needs, and is not with it."""
    try:
        return _read(document)
    except SpecError as error:
        raise UsageError(
            "init.not-added",
            f"{document.source.file} cannot have what the example {example.name} needs",
            cause="; ".join(f"{problem.path}: {problem.message}" for problem in error.problems),
            fix="Change what the cause names, or name another file with -f. Nothing was written.",
            details=as_block(example.needs),
        ) from error


def _folder_of_dags(spec: Spec, file: Path) -> Path:
    """Where DAGs do not come from a folder, they are left beside the file, to be put where they come from."""
    folder, here = spec.dags.folder, Path.cwd()
    if folder is None:
        return file.parent / _DAGS
    return folder if file.is_absolute() or not folder.is_relative_to(here) else folder.relative_to(here)


def _missing(contents: Mapping[Path, str]) -> dict[Path, str]:
    """Without what is there already, word for word. Raises UsageError for all that differs."""
    try:
        others = {path: path.read_text() for path in contents if path.exists()}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("init.exists", f"{error}", fix=_FIX) from error
    if differing := [str(path) for path, text in others.items() if text != contents[path]]:
        raise UsageError(
            "init.exists", f"{', '.join(differing)}: there already, and other than the example's", fix=_FIX
        )
    return {path: text for path, text in contents.items() if path not in others}


def _write(contents: Mapping[Path, str], changed: Mapping[Path, str] | None = None) -> Result[WrittenData]:
    """`contents` are new files. What changes does so at the end, at once: it is somebody's own file."""
    changed = changed or {}
    try:
        for path, text in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x") as stream:
                stream.write(text)
        for path, text in changed.items():
            new = path.with_name(f".{path.name}.new")
            new.write_text(text)
            shutil.copymode(path, new)
            new.replace(path)
    except OSError as error:
        raise not_written(error) from error
    return Result("init", {"written": [str(path) for path in (*changed, *contents)]})
