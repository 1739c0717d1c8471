"""YAML text to nodes, and what keeps it from being YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from airstrip.errors import Problem, SpecError
from airstrip.spec.source import START, Mark, Source

_NOT_BREAKS = "\x85\u2028\u2029"
"""Line breaks of YAML 1.1, which the parser still takes them for; ordinary text in 1.2."""
_PRIVATE_USE = range(0xE000, 0xF900)


def compose(source: Source) -> list[Node]:
    """The documents of a text. Raises SpecError where it is not YAML."""
    yaml = YAML(typ="safe", pure=True)
    # An anchor may be used again; the parser would write a warning to stderr.
    yaml.composer.warn_double_anchors = False
    stand_ins = _stand_ins(source.text)
    try:
        with not_too_deep(source):
            nodes = [node for node in yaml.compose_all(source.text.translate(stand_ins)) if node is not None]
            if stand_ins:
                back = {ord(stand_in): chr(character) for character, stand_in in stand_ins.items()}
                _put_back(nodes, back, set())
            return nodes
    except YAMLError as error:
        raise SpecError(_tabs(source, error) or [_syntax(source, error)]) from error


def _stand_ins(text: str) -> dict[int, str]:
    """A character that the text has not, for each that the parser would take for a line break."""
    found = [character for character in _NOT_BREAKS if character in text]
    free = (chr(number) for number in _PRIVATE_USE if chr(number) not in text)
    return dict(zip(map(ord, found), free, strict=False))


def _put_back(nodes: list[Node], back: Mapping[int, str], seen: set[int]) -> None:
    for node in nodes:
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ScalarNode):
            node.value = node.value.translate(back)
        elif isinstance(node, MappingNode):
            _put_back([part for pair in node.value for part in pair], back, seen)
        elif isinstance(node, SequenceNode):
            _put_back(node.value, back, seen)


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
