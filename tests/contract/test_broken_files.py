"""A broken file is exit code 2 with its places, whatever is wrong with it; never a traceback."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
import typer.main

from airstrip.cli.main import run
from airstrip.deployment import Deployment
from tests.unit.spec.breaking import broken

NUMBERS = range(2000)
AT_ONCE = 250


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "requirements.txt").write_text("libpq5\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("first", NUMBERS[::AT_ONCE])
def test_broken_files_are_refused_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    # Thousands of times the same: the tree of verbs, and the manifests of what is not broken after all.
    monkeypatch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
    monkeypatch.setattr(Deployment, "render", lambda *_: "")
    codes = []
    for number in NUMBERS[first : first + AT_ONCE]:
        (folder / "airstrip.yaml").write_bytes(broken(number).replace(b"here", b"local"))
        codes.append(run(["render", "-f", "airstrip.yaml"]))
        said = capsys.readouterr()
        assert "Traceback" not in said.err, number
        if codes[-1] == 2:
            assert said.out == "", number
            assert "airstrip.yaml:" in said.err, number
            assert "[spec.invalid]" in said.err.splitlines()[0], number
        else:
            assert (codes[-1], said.err) == (0, ""), number
    assert codes.count(2) > AT_ONCE / 2


@pytest.mark.parametrize("number", NUMBERS[:30])
def test_broken_files_are_one_document_in_json(folder: Path, capsys: pytest.CaptureFixture[str], number: int) -> None:
    (folder / "airstrip.yaml").write_bytes(broken(number).replace(b"here", b"local"))
    code = run(["render", "--json"])
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert said.err == ""
    assert (code, document["exitCode"]) in ((0, 0), (2, 2))
    assert all(error["line"] >= 1 for error in document["errors"])
    assert bool(document["errors"]) == bool(code)
