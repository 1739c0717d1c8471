"""The file and the image's builder judge the same words: what the file takes, the builder never refuses later."""

from __future__ import annotations

import random

import pytest

from airstrip.errors import ImageError
from airstrip.images import AirflowImageRequest
from airstrip.spec.fields import package_problem, requirement_problem

PACKAGES = ["libpq5", "g++", "libstdc++6", "a", "Foo_Bar", "--evil", "-x", "+x", "lib pq5", "libpq5=1", "", ".a", "ä1"]
REQUIREMENTS = [
    *("pandas", "pandas==2.2.0", "x[y]>=1 ; os_name == 'posix'", "x @ https://h/x.whl", "apache_airflow~=3"),
    *("-r x", "--index-url u", "./x", "/x", "../x", "", " ", "a\tb", "a==1\x0b", "a>=\u2028", "pandas\n--evil", "[x]"),
]
_LETTERS = "aZ0.-_+~=<>[]@;/ '\t\x0b\u2028é"


def words() -> list[str]:
    """Seeded, so that a failure comes again."""
    chance = random.Random(2026)
    return ["".join(chance.choices(_LETTERS, k=chance.randint(1, 6))) for _ in range(3000)]


def builder_takes(*, packages: tuple[str, ...] = (), requirements: tuple[str, ...] = ()) -> bool:
    try:
        AirflowImageRequest("3.3.2", (), requirements=requirements, packages=packages)
    except ImageError:
        return False
    return True


@pytest.mark.parametrize("listed", [PACKAGES, words()], ids=["known", "random"])
def test_packages_are_judged_alike(listed: list[str]) -> None:
    differ = [word for word in listed if (package_problem(word) is None) != builder_takes(packages=(word,))]
    assert differ == []


@pytest.mark.parametrize("listed", [REQUIREMENTS, words()], ids=["known", "random"])
def test_a_requirement_that_the_file_takes_is_taken_by_the_builder(listed: list[str]) -> None:
    refused = [word for word in listed if requirement_problem(word) is None and not builder_takes(requirements=(word,))]
    assert refused == []


def test_some_of_the_words_are_good_and_some_are_not() -> None:
    for problem, listed in ((package_problem, PACKAGES), (requirement_problem, REQUIREMENTS)):
        assert {problem(word) is None for word in listed} == {True, False}
