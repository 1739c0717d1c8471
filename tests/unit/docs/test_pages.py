"""What the documentation says is there, is there: files load, links lead somewhere, verbs and tests exist."""

from __future__ import annotations

import ast
import functools
import pwd
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from airstrip.answers import PropertyName
from airstrip.cli.main import app
from airstrip.spec import load_spec
from airstrip.targets.catalog import PLANNED_TARGETS, TARGET_SPECS
from scripts.error_codes import find_entries
from scripts.pages import build_pages
from tests.unit.docs.pages import PAGES, ROOT, anchors, blocks, links, name, spans

_CODE = re.compile(r"(spec|node|host|image|lock|dags|airflow|deployment)\.[a-z]+(-[a-z]+)+|spec\.[a-z]+")
_PROVED = re.compile(r"((?:packages/[\w-]+/)?tests/[\w/]+\.py)(?:::(\w+))?")
cached_command = functools.cache(get_command)
FILES = [(name(page), text) for page in PAGES for language, text in blocks(page) if language == "yaml"]


@pytest.mark.parametrize(("page", "text"), FILES, ids=[page for page, _ in FILES])
def test_a_file_that_is_shown_loads(page: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "airstrip.yaml"
    file.write_text(text)
    assert load_spec(file, TARGET_SPECS, PLANNED_TARGETS).file == file, page


def test_the_readme_shows_a_file() -> None:
    assert "README.md" in [page for page, _ in FILES]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_verbs_and_their_options_exist(page: Path) -> None:
    for line in commands(page):
        command, words = cached_command(app), words_of(line)
        while words and hasattr(command, "commands"):
            if words[0].startswith("-"):
                break
            assert words[0] in command.commands, line
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        known |= {"--help", "--install-completion", "--show-completion"}
        assert {word for word in words if word.startswith("-")} <= known, line


def test_messages_name_verbs_that_exist() -> None:
    group = cached_command(app)
    assert isinstance(group, TyperGroup)
    known = group.commands
    for file in (ROOT / "src" / "airstrip").rglob("*.py"):
        for verb in re.findall(r"(?:`|\./)airstrip ([a-z]+)", file.read_text()):
            assert verb in known, f"{name(file)}: airstrip {verb}"


@functools.cache
def known_codes() -> frozenset[str]:
    """The whole source is read for them."""
    return frozenset(entry.code for entry in find_entries())


def commands(page: Path) -> Iterator[str]:
    """What follows `airstrip` wherever it is called."""
    lines = [line for language, text in blocks(page) if not language for line in text.splitlines()]
    for text in (*lines, *spans(page)):
        found = re.search(r"(?:^|\$\(|sudo |&& )(?:\./)?airstrip ([a-z-][^|>)]*)", text)
        if found:
            yield found[1]


def words_of(line: str) -> list[str]:
    """A line's words, without its comment or the explanation that stands in a column of its own."""
    return shlex.split(re.split(r"\s{2,}| \[", line)[0].replace("'", '"'), comments=True)


def test_generated_pages_are_up_to_date() -> None:
    stale = [name(file) for file, text in build_pages().items() if not file.exists() or file.read_text() != text]
    assert not stale, "run scripts/docs, and commit what it changes"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_error_codes_that_are_named_exist(page: Path) -> None:
    assert {span for span in spans(page) if _CODE.fullmatch(span)} <= known_codes()


def test_every_proof_is_a_test() -> None:
    found = _PROVED.findall((ROOT / "docs" / "proof.md").read_text())
    assert found
    for file, test in found:
        assert (ROOT / file).is_file(), file
        assert not test or f"def {test}(" in (ROOT / file).read_text(), f"{file}::{test}"


def test_a_proof_that_is_slow_says_so() -> None:
    """Whoever reads that it is proved by a test would think that it is each time."""
    rows = [row for row in (ROOT / "docs" / "proof.md").read_text().splitlines() if row.startswith("|")]
    named = [(row, file, test) for row in rows for file, test in _PROVED.findall(row)]
    assert [test for row, file, test in named if test and is_slow(ROOT / file, test) and "slow" not in row] == []


@functools.cache
def statements(file: Path) -> list[ast.stmt]:
    return ast.parse(file.read_text()).body


def is_slow(file: Path, test: str) -> bool:
    body = statements(file)
    (function,) = (node for node in body if isinstance(node, ast.FunctionDef) and node.name == test)
    assigned = [ast.unparse(node) for node in body if isinstance(node, ast.Assign)]
    marks = map(ast.unparse, function.decorator_list)
    return "pytestmark = pytest.mark.slow" in assigned or "pytest.mark.slow" in marks


def test_the_proof_has_a_row_for_each_property_of_verify() -> None:
    (table,) = re.findall(r"\| Property \|.*?\n\n", (ROOT / "docs" / "proof.md").read_text(), re.DOTALL)
    assert tuple(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == get_args(PropertyName)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_pages_name_no_machine_and_no_registry(page: Path) -> None:
    text = page.read_text()
    assert f"{ROOT.parent}/" not in text
    assert f"{pwd.getpwuid(0).pw_dir}/" not in text
    hosts = re.findall(r"\b(?:[a-z0-9-]+\.)+(?:org|com|net)\b", text)
    assert {host for host in hosts if not f".{host}".endswith(".example.com")} <= {"keepachangelog.com", "semver.org"}
