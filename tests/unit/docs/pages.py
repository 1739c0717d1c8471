"""The project's pages of Markdown, as the tests of this folder read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_PATTERNS = ("*.md", "docs/**/*.md", "examples/*/README.md", "packages/*/README.md")
PAGES = sorted(page for pattern in _PATTERNS for page in ROOT.glob(pattern))
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Language and text of each block of code."""
    yield from _BLOCK.findall(page.read_text())


def links(page: Path) -> Iterator[str]:
    yield from _LINK.findall(_SPAN.sub("", _BLOCK.sub("", page.read_text())))


def spans(page: Path) -> Iterator[str]:
    """Each piece of code within a line."""
    yield from _SPAN.findall(_BLOCK.sub("", page.read_text()))


def anchors(page: Path) -> frozenset[str]:
    """What links can point to: a heading in lower case, without punctuation, with dashes for spaces."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page.read_text()), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
