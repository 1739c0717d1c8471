"""Sentences on a terminal: broken between words, where a terminal would break them within; elsewhere left whole."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Sequence
from typing import TextIO

_PAINTED = re.compile(r"\x1b\[\d+m(.*?)\x1b\[0m")


def fold(text: str, stream: TextIO, indent: int = 0) -> list[str]:
    """The text as lines that fit the terminal, all but the first indented. A word that is longer stays whole.

    It may begin with a word in a colour, which takes no room.
    """
    if not stream.isatty():
        return [text]
    painted = _PAINTED.match(text)
    plain = painted[1] + text[painted.end() :] if painted else text
    lines = textwrap.wrap(
        plain, _width(), subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    ) or [text]
    return [painted[0] + lines[0][len(painted[1]) :], *lines[1:]] if painted else lines


def fits(lines: Sequence[str], stream: TextIO) -> bool:
    """Whether no line is wider than the terminal; always where there is none."""
    return not stream.isatty() or all(len(_PAINTED.sub(r"\1", line)) <= _width() for line in lines)


def _width() -> int:
    return shutil.get_terminal_size().columns
