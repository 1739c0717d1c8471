"""What a task gets and gives back, in an image without Airflow."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from airstrip_pods import ProjectError, argument, parse_value, return_xcom
from airstrip_pods.exchange import XCOM_FILE


def test_what_a_task_returns_is_a_file_of_json(tmp_path: Path) -> None:
    file = tmp_path / "return.json"
    return_xcom({"rows": 3, "name": "größe"}, file)
    assert json.loads(file.read_text()) == {"rows": 3, "name": "größe"}
    return_xcom(None, file)
    assert file.read_text() == "null"
    assert list(tmp_path.iterdir()) == [file]
    assert Path("/airflow/xcom/return.json") == XCOM_FILE


@pytest.mark.parametrize("value", [{1, 2}, object(), float("nan"), b"x"])
def test_what_is_no_json_leaves_what_was_there(tmp_path: Path, value: object) -> None:
    file = tmp_path / "return.json"
    return_xcom("before", file)
    with pytest.raises((TypeError, ValueError)):
        return_xcom(value, file)
    assert file.read_text() == '"before"'


def test_a_pod_that_nobody_waits_for_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="do_xcom_push=True"):
        return_xcom(1, tmp_path / "none" / "return.json")


@pytest.mark.parametrize("given", [["--input-file", "a.csv"], ["--input-file=a.csv"], ["x", "--input-file", "a.csv"]])
def test_an_argument_comes_by_its_name(given: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["task.py", *given])
    monkeypatch.setenv("INPUT_FILE", "of the environment")
    assert argument("input-file") == "a.csv"


def test_an_argument_comes_from_the_environment_and_else_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["task.py", "--input-file"])
    monkeypatch.setenv("INPUT_FILE", "b.csv")
    assert argument("input-file") == "b.csv"
    assert argument("limit", 10, parse=int) == 10
    assert argument("limit", None) is None
    monkeypatch.setenv("LIMIT", "20")
    assert argument("limit", 10, parse=int) == 20


def test_what_every_container_has_and_another_option_are_no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["task.py", "--rows", "--table", "rides", "--home", "here"])
    assert argument("path", "out.csv") == "out.csv"
    assert argument("home") == "here"
    assert argument("rows", None) is None
    assert argument("table") == "rides"
    with pytest.raises(ProjectError, match=r"no path\.(?!.*PATH)"):
        argument("path")


@pytest.mark.parametrize("name", ["term", "user", "pwd", "shlvl"])
def test_what_a_shell_or_a_terminal_would_set_is_an_argument(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes gives a container none of these: where one is there, the operator gave it."""
    monkeypatch.setattr(sys, "argv", ["task.py"])
    monkeypatch.setenv(name.upper(), "given")
    assert argument(name, "default") == "given"


def test_a_value_that_looks_like_an_option_is_said_to_need_a_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["task.py", "--note", "--urgent: call"])
    with pytest.raises(ProjectError, match=r"Add '--note=VALUE' to the operator's `arguments`, or NOTE to"):
        argument("note")
    monkeypatch.setattr(sys, "argv", ["task.py", "--note=--urgent: call"])
    assert argument("note") == "--urgent: call"


def test_an_argument_comes_by_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["task.py", "7", "{'rows': [1, 2]}"])
    assert argument(0) == "7"
    assert argument(0, parse=int) == 7
    assert argument(1, parse=parse_value) == {"rows": [1, 2]}
    with pytest.raises(ProjectError, match=r"no argument 2.*`arguments`"):
        argument(2)
    assert argument(2, "default") == "default"


def test_a_task_that_was_not_told_says_what_to_add(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["task.py"])
    with pytest.raises(ProjectError, match=r"no input-file.*--input-file.*INPUT_FILE"):
        argument("input-file")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": null, "b": true}', {"a": None, "b": True}),
        ("{'a': None, 'b': (1, 2)}", {"a": None, "b": (1, 2)}),
        ("[1, 2.5]", [1, 2.5]),
        ("2026-01-01", "2026-01-01"),
        ("007", "007"),
        ("__import__('os').getcwd()", "__import__('os').getcwd()"),
        ("", ""),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_what_a_template_rendered_is_read_and_nothing_is_run(text: str, value: object) -> None:
    assert parse_value(text) == value
