"""What the pages say of the examples is what stands in examples/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.docs.pages import ROOT, blocks

EXAMPLES = sorted(page.parent for page in ROOT.glob("examples/*/README.md"))


def test_the_page_has_each_example_once() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\(\.\./examples/(\w+)/README\.md\)", (ROOT / "docs/examples.md").read_text(), re.M)
    assert sorted(rows) == [(folder.name, folder.name) for folder in EXAMPLES]


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_a_page_of_an_example_begins_with_what_it_shows_and_ends_in_a_green_run(folder: Path) -> None:
    page, name = folder / "README.md", folder.name
    text = page.read_text()
    assert text.startswith(f"# {name}: ")
    for line in (f"airstrip init --example {name}", f"airstrip run example_{name}"):
        assert line in text
    (output,) = (shown for language, shown in blocks(page) if language == "text")
    assert re.search(rf"^example_{name}( manual__\S+)?: success$", output, re.M)


def test_the_tutorial_shows_the_example_as_it_is() -> None:
    files = [path.read_text() for path in (ROOT / "examples/pipeline/dags").rglob("*.py")]
    marks = ("KubernetesPodOperator(", "open_data(")
    shown = [text for _, text in blocks(ROOT / "docs/tutorial.md") if any(mark in text for mark in marks)]
    assert len(shown) == len(marks)
    lines = {line.strip() for file in files for line in file.splitlines()}
    assert [line for text in shown for line in text.splitlines() if line.strip() not in lines] == []
