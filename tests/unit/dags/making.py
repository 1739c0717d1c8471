"""Facts for the rules, in few words."""

from __future__ import annotations

from typing import Any

from airstrip.dags.facts import Asked, Facts, Known, ParsedDag, ParsedDags, ParsedFile, ParseError, Reference

TRACE = """Traceback (most recent call last):
  File "/opt/airflow/venv/lib/python3.11/site-packages/airflow/importer.py", line 238, in parse
    loader.exec_module(new_module)
  File "/opt/airflow/dags/a.py", line 3, in <module>
    import it
"""


def refused(
    last: str, kind: Any = "import", file: str = "a.py", asked: tuple[Asked, ...] = (), is_written: bool = True
) -> ParsedFile:
    """A file that Airflow refuses, with the last line of Python's words, or several."""
    return ParsedFile(file, errors=(ParseError(file, kind, TRACE + last, 3, is_written),), asked=asked)


def defined(
    dag: str, *names: Reference, file: str = "a.py", bundle: str = "main", twice: bool = False, made_in: str = ""
) -> ParsedFile:
    return ParsedFile(file, bundle, dags=(ParsedDag(dag, 5, 1, names, made_in),), twice=(dag,) if twice else ())


def facts(*files: ParsedFile, known: Known | None = None, **more: Any) -> Facts:
    removed = more.pop("removed", ())
    return Facts(ParsedDags(files, **more), known or Known(), removed, "workers")
