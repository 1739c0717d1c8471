"""What cannot be run on an author's machine is said before anything is made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from airstrip.errors import UsageError
from airstrip.events import Event, Warned
from airstrip.operations.authoring.prepare import dags_folder, prepared
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS

READY = f"image: {{ref: example.org/airflow@sha256:{'0' * 64}}}\n"


@pytest.mark.parametrize(
    ("more", "code", "fix"),
    [
        ("", "dev.no-dags", "dags: {path: dags}"),
        (
            "dags: {git: {repo: https://git.example/shop/dags.git}}\n",
            "dev.no-dags",
            "Name the folder of DAGs in your clone: --dags FOLDER",
        ),
        ("dags: {path: gone}\n", "dev.no-dags", "Make it, or correct dags.path."),
        (f"dags: {{path: dags}}\n{READY}", "dev.no-lock", "image.requirements without image.ref"),
    ],
)
def test_it_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, code: str, fix: str
) -> None:
    monkeypatch.setenv("AIRSTRIP_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "dags").mkdir()
    file = tmp_path / "airstrip.yaml"
    file.write_text(f"apiVersion: airstrip/v1\nname: shop\n{more}")
    with pytest.raises(UsageError) as raised, prepared(load_spec(file, TARGET_SPECS), lambda _: None):
        pass
    assert raised.value.code == code
    assert fix in raised.value.fix
    assert {path.name for path in tmp_path.iterdir()} == {"airstrip.yaml", "dags"}


def test_another_folder_of_dags_is_the_authors_clone(tmp_path: Path) -> None:
    file = tmp_path / "airstrip.yaml"
    file.write_text("apiVersion: airstrip/v1\nname: shop\ndags: {git: {repo: https://git.example/shop/dags.git}}\n")
    (tmp_path / "clone").mkdir()
    spec = load_spec(file, TARGET_SPECS)
    assert dags_folder(spec, tmp_path / "clone") == tmp_path / "clone"
    with pytest.raises(UsageError) as raised:
        dags_folder(spec, tmp_path / "gone")
    assert raised.value.cause == "--dags names it."


@pytest.mark.parametrize(("ignored", "warned"), [("", ["dev.env-not-ignored"]), ("dev.env\n", [])])
def test_a_file_of_passwords_that_git_would_take_is_told_of(tmp_path: Path, ignored: str, warned: list[str]) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(ignored)
    (tmp_path / "dev.env").write_text("A=1\n")
    said: list[Event] = []
    file = tmp_path / "airstrip.yaml"
    file.write_text(f"apiVersion: airstrip/v1\nname: shop\ndags: {{path: .}}\n{READY}")
    with pytest.raises(UsageError, match=r"image\.ref"), prepared(load_spec(file, TARGET_SPECS), said.append):
        pass
    assert [event.code for event in said if isinstance(event, Warned)] == warned


def test_a_file_of_passwords_in_no_repository_is_nobodys_business(tmp_path: Path) -> None:
    (tmp_path / "dev.env").write_text("A=1\n")
    said: list[Event] = []
    file = tmp_path / "airstrip.yaml"
    file.write_text(f"apiVersion: airstrip/v1\nname: shop\ndags: {{path: .}}\n{READY}")
    with pytest.raises(UsageError, match=r"image\.ref"), prepared(load_spec(file, TARGET_SPECS), said.append):
        pass
    assert said == []
