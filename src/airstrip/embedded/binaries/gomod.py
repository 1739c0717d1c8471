"""What a go.mod says: the one place that names the versions of the node's programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GoMod:
    """`go` is the oldest Go that fits; `requires` maps a module's path to its version ("v1.35.4");
    `tools` are the packages of other modules that are built beside the module's own."""

    go: tuple[int, int, int]
    requires: dict[str, str]
    tools: tuple[str, ...]


def read_go_mod(path: Path) -> GoMod:
    """Reads the directives that we need; the go command checks the rest."""
    go = (1, 0, 0)
    requires: dict[str, str] = {}
    tools: list[str] = []
    for directive, words in _directives(path.read_text()):
        if directive == "go":
            go = parse_go_version(words[0])
        elif directive == "require":
            requires[words[0]] = words[1]
        elif directive == "tool":
            tools.append(words[0])
    return GoMod(go, requires, tuple(tools))


def parse_go_version(text: str) -> tuple[int, int, int]:
    """`1.26.8`, `1.26` and `1.27rc1` as numbers; a release candidate counts as its release."""
    numbers = [int("".join(_leading_digits(part)) or 0) for part in text.split(".")]
    major, minor, patch = (*numbers, 0, 0)[:3]
    return major, minor, patch


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    block = ""
    for raw in text.splitlines():
        words = raw.partition("//")[0].split()
        if words == [")"]:
            block = ""
        elif words[1:] == ["("]:
            block = words[0]
        elif words and block:
            yield block, words
        elif words:
            yield words[0], words[1:]


def _leading_digits(text: str) -> Iterator[str]:
    for character in text:
        if not character.isdigit():
            return
        yield character
