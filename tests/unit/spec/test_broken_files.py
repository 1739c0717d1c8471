"""Hundreds of broken files: each is read, or refused with places inside of it; never anything else.

The mutations are seeded: a failure names its number, and comes again with it. Thousands of them go
through the command line: tests/contract/test_broken_files.py.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from airstrip.errors import SpecError
from airstrip.spec import load_spec
from tests.unit.spec.breaking import GOOD, broken
from tests.unit.spec.conftest import PLACES, PLANNED

COUNT = 700


def test_no_broken_file_crashes_the_loader(tmp_path: Path) -> None:
    file = tmp_path / "airstrip.yaml"
    (tmp_path / "requirements.txt").write_text("pandas\n")
    outcomes: dict[str, int] = {}
    for number in range(COUNT):
        content = broken(number)
        file.write_bytes(content)
        outcome = judge(file, content, number)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    # Else the mutations would be too mild, or too wild, to test anything.
    assert len(outcomes) >= 15, outcomes
    assert 10 < outcomes["loaded"] < COUNT / 2, outcomes


def judge(file: Path, content: bytes, number: int) -> str:
    """`loaded`, or the code of the first problem."""
    try:
        load_spec(file, PLACES, PLANNED)
    except SpecError as error:
        problems, code = error.problems, error.exit_code
    except Exception as error:
        raise AssertionError(f"broken({number}): {error!r}\n{content[:2000]!r}") from error
    else:
        return "loaded"
    assert problems, number
    assert code == 2, number
    for problem in problems:
        assert problem.message, (number, problem)
        assert problem.fix, (number, problem)
        found = content if problem.file == str(file) else Path(problem.file).read_bytes()
        assert 1 <= problem.line <= len(found.splitlines()) + 1, (number, problem)
        assert problem.column >= 1, (number, problem)
    return problems[0].code


def test_what_is_broken_was_good(tmp_path: Path, load: Callable[[str], object]) -> None:
    (tmp_path / "requirements.txt").write_text("pandas\n")
    load(GOOD)


@pytest.mark.parametrize("number", random.Random(1).sample(range(COUNT), 3))
def test_the_same_number_is_the_same_file(number: int) -> None:
    assert broken(number) == broken(number)
