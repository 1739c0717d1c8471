"""What secret references name: a value, or an error that says why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import AirstripError
from airstrip.operations.project_secrets import check_references, declared_secrets, secret_entries
from airstrip.operations.references import read_reference
from airstrip.spec import Project
from tests.unit.operations.projects_stand_ins import CONTROL, SPEC, Stage


def secrets(name: str) -> dict[str, str] | None:
    return {"key": "hunter2", "empty": ""} if name == "theirs" else None


@pytest.mark.parametrize(
    ("content", "value"),
    [(b"hunter2", "hunter2"), (b"hunter2\n", "hunter2"), (b"hunter2\r\n", "hunter2"), (b"a\nb\n", "a\nb")],
)
def test_the_end_of_a_file_s_last_line_is_no_part_of_it(tmp_path: Path, content: bytes, value: str) -> None:
    (tmp_path / "token").write_bytes(content)
    assert read_reference("file:token", tmp_path) == value
    assert read_reference(f"file:{tmp_path / 'token'}", Path("/elsewhere")) == value


def test_a_variable_and_a_key_of_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    assert read_reference("env:TOKEN", Path()) == "hunter2"
    assert read_reference("k8s:theirs/key", Path(), secrets) == "hunter2"
    # Only the cluster knows.
    assert read_reference("k8s:theirs/key", Path()) is None


@pytest.mark.parametrize(
    ("reference", "code", "told"),
    [
        ("env:NOT_SET", "reference.no-variable", "--preserve-env=NOT_SET"),
        ("env:EMPTY", "reference.empty", "env:EMPTY"),
        ("file:none", "reference.no-file", "none"),
        ("file:image", "reference.no-text", "base64"),
        ("k8s:ours/key", "reference.no-secret", "no Secret ours"),
        ("k8s:theirs/other", "reference.no-secret", "a Secret theirs without other"),
        ("k8s:theirs/empty", "reference.empty", "k8s:theirs/empty"),
    ],
)
def test_what_names_no_value_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str, code: str, told: str
) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    monkeypatch.setenv("EMPTY", "")
    (tmp_path / "image").write_bytes(b"\xff\xfehunter2")
    with pytest.raises(AirstripError) as raised:
        read_reference(reference, tmp_path, secrets)
    assert raised.value.code == code
    assert told in str(raised.value.to_dict())
    assert "hunter2" not in str(raised.value.to_dict())


def test_a_file_s_references_are_read_before_anything_is_landed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    (tmp_path / "pin").write_text("1234\n")
    named = {"A": "env:TOKEN", "B": "file:pin", "C": "k8s:theirs/key"}
    sales = Project(secrets=named, place="airstrip.yaml:7")
    spec = SPEC.model_copy(
        update={"projects": {"sales": sales, "empty": Project()}, "file": tmp_path / "airstrip.yaml"}
    )
    check_references(spec)
    stage = Stage()
    with pytest.raises(AirstripError, match=r"airstrip\.yaml:7: C of the project sales"):
        declared_secrets(stage.cluster, spec)
    stage.objects.put("Secret", "theirs", CONTROL, data={"key": "eA=="})
    (made,) = declared_secrets(stage.cluster, spec)
    stage.objects.apply(made)
    assert stage.objects.values("sales") == {"A": "hunter2", "B": "1234", "C": "x"}
    assert {(entry.kind, entry.name) for entry in secret_entries(spec)} == {("Secret", "sales")}
    monkeypatch.delenv("TOKEN")
    with pytest.raises(AirstripError, match=r"airstrip\.yaml:7: A of the project sales"):
        check_references(spec)
