"""What the pages say of the examples is what stands in examples/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.docs.pages import PAGES, ROOT, blocks, links

PICTURES = ROOT / "docs/images"
TUTORIAL = ROOT / "docs/tutorial.md"
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


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_its_page_and_the_tutorial_have_a_picture_of_it_and_say_what_is_seen(folder: Path) -> None:
    for page in (folder / "README.md", TUTORIAL):
        shown = {(page.parent / picture).resolve() for picture in re.findall(r"!\[[^\]]+\]\((\S+)\)", page.read_text())}
        assert shown & set(PICTURES.glob(f"example-{folder.name}*.png")), page


def test_every_picture_is_shown_and_quickly_there() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page) if link.endswith(".png")}
    assert shown == set(PICTURES.iterdir())
    assert [picture.name for picture in shown if picture.stat().st_size > 120_000] == []


def test_the_tutorial_shows_the_examples_as_they_are() -> None:
    files = [path.read_text() for path in ROOT.glob("examples/*/dags/**/*.py")]
    shown = [text for language, text in blocks(TUTORIAL) if language == "python"]
    assert shown
    lines = {line.strip() for file in files for line in file.splitlines()}
    assert [line for text in shown for line in text.splitlines() if line.strip() not in lines] == []


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_the_tutorial_walks_through_it_and_shows_what_its_page_does(folder: Path) -> None:
    shown = list(blocks(TUTORIAL))
    assert any(re.search(rf"^airstrip init .*--example {folder.name}\b", text, re.M) for _, text in shown)
    (at,) = (n for n, (_, text) in enumerate(shown) if f"airstrip run example_{folder.name}" in text)
    language, printed = shown[at + 1]
    assert language == "text"
    (page,) = (text for language, text in blocks(folder / "README.md") if language == "text")
    assert [line for line in printed.splitlines() if line not in page.splitlines()] == []
