"""YAML text to nodes, and what keeps it from being YAML."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node
from ruamel.yaml.reader import ReaderError

from airstrip.errors import Problem, SpecError
from airstrip.spec.source import START, Mark, Source


def compose(source: Source) -> list[Node]:
    """The documents of a text. Raises SpecError where it is not YAML."""
    yaml = YAML(typ="safe", pure=True)
    try:
        with not_too_deep(source):
            return [node for node in yaml.compose_all(source.text) if node is not None]
    except YAMLError as error:
        raise SpecError(_tabs(source, error) or [_syntax(source, error)]) from error


@contextmanager
def not_too_deep(source: Source) -> Iterator[None]:
    """Thousands of brackets exhaust the parser, which works by recursion: a problem like others."""
    try:
        yield
    except RecursionError:
        message, fix = "the file is nested too deeply", "Take brackets or levels away."
        raise SpecError([source.problem("spec.too-large", (), message, fix, START)]) from None


def _syntax(source: Source, error: YAMLError) -> Problem:
    mark, message = START, "this is not valid YAML"
    if isinstance(error, MarkedYAMLError):
        found = error.problem_mark
        # An open quote or bracket is noticed at the end of the file, but mended where it begins.
        if error.context_mark and (found is None or found.line >= len(source.lines)):
            found = error.context_mark
        if found:
            mark = Mark(found.line + 1, found.column + 1)
        message += f": {', '.join(filter(None, (error.context, error.problem)))}"
    elif isinstance(error, ReaderError):
        mark = source.mark(error.position)
        message += f": the character {_character(error)!r} is not allowed"
    fix = "Check the indentation, and put quotes around text that holds any of : # { } [ ] & * ! | > ' \" % @"
    return source.problem("spec.syntax", (), message, fix, mark)


def _character(error: ReaderError) -> str:
    return chr(error.character) if isinstance(error.character, int) else str(error.character)


def _tabs(source: Source, error: YAMLError) -> list[Problem]:
    """Every line that is indented by a tab, where a tab is why the file cannot be read."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    tabs = [
        (number, len(line) - len(line.lstrip(" ")) + 1)
        for number, line in enumerate(source.lines, 1)
        if "\t" in line[: len(line) - len(line.lstrip())]
    ]
    if mark is None or mark.line + 1 not in [number for number, _ in tabs]:
        return []
    message, fix = "a tab is used to indent", "Indent with spaces: YAML forbids tabs there."
    return [source.problem("spec.tab", (), message, fix, Mark(*position)) for position in tabs]
