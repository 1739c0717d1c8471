"""Names that Kubernetes does not take: every verb shows them where they stand, before anything else is looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airstrip.cli.main import run

VERBS = (["up", "--yes"], ["plan"], ["down", "--data", "--yes"], ["status"], ["node", "start", "--yes"])


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("name: 1-up", 7),
        ("name: Air_Strip", 7),
        ("name: kube-system", 7),
        (f"name: {'a' * 41}", 7),
        ("name: flugplätze", 7),
        ("name: ok\nnamespaces: {control: -dash}", 23),
        ("name: ok\nnamespaces: {workers: under_score}", 23),
        (f"name: ok\nnamespaces: {{workers: {'w' * 64}}}", 23),
    ],
)
def test_a_name_that_is_no_dns_label_is_shown_where_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: list[str], text: str, column: int
) -> None:
    file = tmp_path / "airstrip.yaml"
    file.write_text(f"apiVersion: airstrip/v1\n{text}\n")
    assert run([*verb, "--json", "-f", str(file)]) == 2
    said = capsys.readouterr()
    (error,) = json.loads(said.out)["errors"]
    assert (error["file"], error["line"], error["column"]) == (str(file), text.count("\n") + 2, column)
    assert error["fix"]
    assert said.err == ""
