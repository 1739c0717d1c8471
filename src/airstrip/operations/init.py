"""Writes a commented file and a first DAG, or examples, for whoever begins."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from airstrip.answers import WrittenData
from airstrip.errors import UsageError, not_written
from airstrip.operations.additions import read_file, with_additions
from airstrip.operations.examples import Example, find_examples
from airstrip.result import Result
from airstrip.spec import wanted_file

_TEMPLATES = Path(__file__).parent / "templates"
_DAGS = "dags"
_FIX = "Remove it, or name another file with -f. Nothing was written."


def init(file: Path | None, examples: tuple[str, ...] = ()) -> Result[WrittenData]:
    """Overwrites nothing. Without examples, a file that is there is an error, a folder of DAGs is left as it is.

    With examples, a file that is there gets what they need and it has not, and their DAGs go into its folder of DAGs.
    Files that are there already and differ are an error before anything is written.
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
    before = document.source.text
    if "dags" not in document.data:
        document = with_additions(document, {"dags": {"path": _DAGS}})
    for example in examples:
        document = with_additions(document, example.needs)
    folder = file.parent / _folder_of_dags(document.data["dags"])
    contents = {folder / name: text for example in examples for name, text in example.dags().items()}
    missing = _missing(contents)
    text = document.source.text
    if is_new:
        return _write({file: text, **missing})
    return _write(missing, {file: text} if text != before else {})


def _folder_of_dags(delivery: object) -> str:
    """Where DAGs do not come from a folder, they are left beside the file, to be put where they come from."""
    ways = (delivery, delivery.get("volume"), delivery.get("image")) if isinstance(delivery, dict) else ()
    paths = (way.get("path") for way in ways if isinstance(way, dict))
    return next((path for path in paths if isinstance(path, str)), _DAGS)


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
