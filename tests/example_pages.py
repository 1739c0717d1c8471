"""What the examples' own pages say: which images they need, and what a run of them prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.landing import ROOT

Examples = Mapping[str, Mapping[str, Any] | None]
"""What a run of each is given, by the example's name."""
PAGES = {page.parent.name: page.read_text() for page in sorted(ROOT.glob("examples/*/README.md"))}
# As a run names its pods and itself.
_OWN = re.compile(r"(?<=-)[a-z0-9]{8}\b|manual__[\d:T.+-]+")


def masked(line: str) -> str:
    """The line with a star for what differs from run to run."""
    return _OWN.sub("*", line)


def shown(page: str) -> list[str]:
    """`task | line` and `task state`, masked; how many items there were is the run's own."""
    (text,) = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    lines = [line for line in text.splitlines() if re.match(r"\w+ \| |  [\w\[\]]+ +\w+$", line)]
    return [masked(re.sub(r" +", " ", line.strip()) if line.startswith(" ") else line) for line in lines]


def logged(name: str, task: str) -> list[str]:
    """The lines of a task's log that the page of the example `name` shows, masked."""
    lines = (line.partition(" | ") for line in shown(PAGES[name]))
    return [text for who, _, text in lines if who == task and text]


def images_of_the_library(files: Iterable[str]) -> list[str]:
    """Which their pods run in: as their pages say, they are built first."""
    named = re.compile(r"localhost/airstrip/tasks/([a-z-]+):current")
    names = sorted({name for file in files for name in named.findall(Path(file).read_text())})
    assert names
    return names
