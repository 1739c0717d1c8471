"""What an example needs is added to a file that somebody wrote, and not a character of theirs is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airstrip.errors import SpecError, UsageError
from airstrip.operations.additions import read_file, with_additions

HEAD = "apiVersion: airstrip/v1  # as it is\nname: 'mine'\n"
NEEDS = {
    "projects": {"shop": {"config": {"DATABASE_URL": "sqlite:////opt/data/shop.db", "AREA": "north"}}, "rides": {}},
    "image": {"requirements": ["pandas", "duckdb>=1.1"]},
}


def added(tmp_path: Path, text: str, wanted: dict[str, Any] | None = None) -> str:
    file = tmp_path / "airstrip.yaml"
    file.write_bytes(text.encode())
    return with_additions(read_file(file), NEEDS if wanted is None else wanted).source.text


CASES = {
    "nothing of it": "# the end\n",
    "without a last line's end": "dags: {path: dags}",
    "blocks": "projects:\n  sales:\n    pool: 2 #1\nimage:\n  # own\n  requirements:\n    - pandas\n    - numpy\n",
    "brackets": "projects: {sales: {pool: 2}}  # one\nimage: {requirements: [numpy]}\n",
    "empty brackets": "projects: {}\nimage: {requirements: [ ]}\n",
    "some of it": "projects:\n  shop: {config: {AREA: 'mine'}}\nimage: {packages: [libpq5]}\n",
    "lines of Windows": "projects:\r\n  sales: {}\r\nimage:\r\n  requirements:\r\n  - numpy\r\n",
    "brackets over several lines": "projects: {\n  sales: {},\n  }\nimage:\n    requirements: [\n      numpy]\n",
}


@pytest.mark.parametrize("more", CASES.values(), ids=CASES)
def test_all_of_it_is_there_then_and_what_was_there_is_as_it_was(tmp_path: Path, more: str) -> None:
    before = HEAD.replace("\n", "\r\n" if "\r" in more else "\n") + more
    text = added(tmp_path, before)
    # What was there is there, in its order.
    rest = iter(text)
    assert all(character in rest for character in before)
    assert ("\r\n" in before) == ("\r\n" in text)
    assert text.count("\r\n") in (0, text.count("\n"))
    (tmp_path / "after.yaml").write_text(text)
    data = read_file(tmp_path / "after.yaml").data
    assert data["projects"]["shop"]["config"]["DATABASE_URL"] == "sqlite:////opt/data/shop.db"
    assert data["projects"]["shop"]["config"]["AREA"] == ("mine" if "mine" in more else "north")
    assert data["projects"]["rides"] == {}
    assert {"pandas", "duckdb>=1.1"} <= set(data["image"]["requirements"])
    assert data["projects"].get("sales", {}) in ({}, {"pool": 2})
    assert added(tmp_path, text) == text


def test_a_block_is_added_as_one_would_write_it(tmp_path: Path) -> None:
    wanted = {"projects": {"shop": {"config": {"AREA": "north"}}, "rides": {}}}
    assert added(tmp_path, HEAD, wanted) == HEAD + "\nprojects:\n  shop: {config: {AREA: north}}\n  rides: {}\n"
    more = "projects:\n  sales: {}\n"
    assert added(tmp_path, HEAD + more, {"projects": {"rides": {}}}) == HEAD + "projects:\n  rides: {}\n  sales: {}\n"


@pytest.mark.parametrize(
    "more",
    [
        "image: {requirements: {file: requirements.txt}}\n",
        "projects:\n",
        "one: &one {rides: {}}\nprojects: *one\n",
        "projects: [sales]\n",
    ],
)
def test_what_cannot_be_added_is_shown_and_nothing_is_lost(tmp_path: Path, more: str) -> None:
    with pytest.raises(UsageError) as refused:
        added(tmp_path, HEAD + more)
    assert refused.value.code == "init.not-added"
    assert "rides: {}" in refused.value.details
    assert "requirements: [pandas, duckdb>=1.1]" in refused.value.details


@pytest.mark.parametrize("text", ["- one\n", "name: [\n", "name: one\nname: two\n"])
def test_a_file_that_cannot_be_read_is_no_file_to_add_to(tmp_path: Path, text: str) -> None:
    with pytest.raises(SpecError):
        added(tmp_path, text)
