"""Colours: on a terminal only, and never with NO_COLOR."""

from __future__ import annotations

import os
import re
from typing import TextIO

_CODES = {"red": 31, "green": 32, "yellow": 33, "dim": 2, "bold": 1}

_CODE = re.compile(r"\x1b\[\d+m")


def colored(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, color: str, stream: TextIO) -> str:
    """The text in a colour where the stream shows colours."""
    return f"\x1b[{_CODES[color]}m{text}\x1b[0m" if colored(stream) else text


def width_of(text: str) -> int:
    """Its characters, without the colours that it may have."""
    return len(_CODE.sub("", text))
