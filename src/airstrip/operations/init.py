"""Writes a commented file and a first DAG, for whoever begins."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from airstrip.answers import WrittenData
from airstrip.errors import UsageError, not_written
from airstrip.result import Result
from airstrip.spec import wanted_file


def init(file: Path | None) -> Result[WrittenData]:
    """Overwrites nothing: a file that is there is an error, a folder of DAGs is left as it is."""
    file = wanted_file(file)
    if file.exists():
        raise UsageError("init.exists", f"{file} is there already", fix="Remove it, or name another with -f.")
    templates = resources.files("airstrip.operations") / "templates"
    contents = {file: (templates / "airstrip.yaml").read_text()}
    dags = file.parent / "dags"
    if not dags.exists():
        contents[dags / "hello.py"] = (templates / "dags" / "hello.py").read_text()
    try:
        for path, text in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x") as stream:
                stream.write(text)
    except OSError as error:
        raise not_written(error) from error
    return Result("init", {"written": [str(path) for path in contents]})
