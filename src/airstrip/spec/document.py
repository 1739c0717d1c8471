"""YAML text to plain data, with the position of every key and value.

Anchors, aliases and merge keys are allowed: a value that was merged in is reported where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from airstrip.errors import Problem, SpecError
from airstrip.spec.scalars import TAG_PREFIX, read_scalar
from airstrip.spec.source import START, KeyPath, Mark, Source
from airstrip.spec.syntax import compose, not_too_deep

# Aliases of aliases can stand for millions of values in a few lines.
_MAX_VALUES = 10_000


@dataclass(frozen=True)
class Place:
    """Where a value and its key stand (a list's item has no key), and the scalar as it was written."""

    value: Mark
    key: Mark | None
    raw: str


@dataclass
class Document:
    """`data` holds dict, list, str, int, float, bool and None; `problems` did not keep it from being read."""

    source: Source
    data: Any = None
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: KeyPath) -> Place:
        """Of the value, or of the nearest one around it that is written in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path) or Place(START, START, "")

    def key(self, path: KeyPath) -> Mark:
        """Of the key itself; of the value that a bare word stands in."""
        place = self.place(path)
        return (place.key if path in self.places else None) or place.value


def parse_document(source: Source) -> Document:
    """Raises SpecError where the text is not YAML, or is empty."""
    nodes = compose(source)
    reader = _Reader(Document(source))
    document = reader.document
    if not nodes or (isinstance(nodes[0], ScalarNode) and nodes[0].tag == TAG_PREFIX + "null"):
        message, fix = "the file is empty", "Write at least `apiVersion: airstrip/v1` and `name: airflow`."
        raise SpecError([source.problem("spec.empty", (), message, fix, START)])
    if len(nodes) > 1:
        document.problems.append(
            source.problem(
                "spec.several-documents",
                (),
                "a second document begins here",
                "Write one deployment per file, without `---` between.",
                _mark(nodes[1]),
            )
        )
    with not_too_deep(source):
        document.data = reader.read(nodes[0], ())
    return document


def at(data: Any, path: KeyPath) -> Any:
    """The value at a path, None where there is none."""
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def mappings(data: Any, path: KeyPath) -> Iterator[tuple[str, dict[str, Any]]]:
    """Keys and values of the mapping at a path; a value that is no mapping counts as an empty one."""
    found = at(data, path)
    for key, value in found.items() if isinstance(found, dict) else ():
        yield key, value if isinstance(value, dict) else {}


def _mark(node: Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


class _Reader:
    """Turns nodes into data, noting places and problems as it goes."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._open: list[Node] = []
        self._count = 0
        self._noted: set[Problem] = set()

    def read(self, node: Node, path: KeyPath, key: Mark | None = None) -> Any:
        self._tally(node, path)
        raw = node.value if isinstance(node, ScalarNode) else ""
        # A value that is left out has the position of whatever comes next.
        mark = key if key and isinstance(node, ScalarNode) and not raw and not node.style else _mark(node)
        self.document.places[path] = Place(mark, key, raw)
        if any(node is opened for opened in self._open):
            self._problem("spec.recursive-alias", path, "an alias stands inside of what it names", "Remove it.", node)
            return None
        self._open.append(node)
        try:
            return self._value(node, path)
        finally:
            self._open.pop()

    def _tally(self, node: Node, path: KeyPath) -> None:
        self._count += 1
        if self._count > _MAX_VALUES:
            message, fix = "the file stands for too many values", "Use fewer aliases."
            raise SpecError([self.document.source.problem("spec.too-large", path, message, fix, _mark(node))])

    def _value(self, node: Node, path: KeyPath) -> Any:
        if isinstance(node, MappingNode):
            self._check_tag(node, path, "map")
            return {name: self.read(value, (*path, name), mark) for name, mark, value in self._items(node, path)}
        if isinstance(node, SequenceNode):
            self._check_tag(node, path, "seq")
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        try:
            return read_scalar(str(node.tag), node.value)
        except ValueError:
            self._check_tag(node, path, "str")
            return None

    def _check_tag(self, node: Node, path: KeyPath, expected: str) -> None:
        if node.tag != TAG_PREFIX + expected:
            message, fix = f"the tag {node.tag} is not understood", "Remove the tag."
            self._problem("spec.tag", path, message, fix, node)

    def _items(self, node: MappingNode, path: KeyPath) -> list[tuple[str, Mark, Node]]:
        """A mapping's own items, then those of its merge keys that it does not have itself."""
        own: dict[str, tuple[str, Mark, Node]] = {}
        merged: list[tuple[str, Mark, Node]] = []
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._problem("spec.bad-key", path, "a key must be a word", "Write `key: value`.", key)
            elif key.tag == TAG_PREFIX + "merge":
                merged += self._merged(value, path)
            elif key.value in own:
                message = f"{key.value} is written twice; the first is on line {own[key.value][1].line}"
                self._problem("spec.duplicate-key", (*path, key.value), message, "Keep one of the two.", key)
            else:
                own[key.value] = (key.value, _mark(key), value)
        for item in merged:
            own.setdefault(item[0], item)
        return list(own.values())

    def _merged(self, node: Node, path: KeyPath) -> list[tuple[str, Mark, Node]]:
        sources = node.value if isinstance(node, SequenceNode) else [node]
        items: list[tuple[str, Mark, Node]] = []
        for source in sources:
            if isinstance(source, MappingNode) and not any(source is opened for opened in self._open):
                self._open.append(source)
                for item in self._items(source, path):
                    self._tally(source, path)
                    items.append(item)
                self._open.pop()
            else:
                fix = "Write an alias of a mapping after `<<:`."
                self._problem("spec.bad-merge", path, "only another mapping can be merged", fix, node)
        return items

    def _problem(self, code: str, path: KeyPath, message: str, fix: str, node: Node) -> None:
        problem = self.document.source.problem(code, path, message, fix, _mark(node))
        # An alias shows the same lines again.
        if problem not in self._noted:
            self._noted.add(problem)
            self.document.problems.append(problem)
