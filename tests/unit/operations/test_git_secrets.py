"""From the file's references to the Secrets that git reads."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, cast

import pytest

from airstrip.errors import AirstripError
from airstrip.kube import Cluster
from airstrip.operations.git_secrets import check_git_references, read_git_secrets
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS

HTTPS = "{repo: 'https://h/r', token: TOKEN, username: me}"
SSH = "{name: other, repo: 'git@h:r', sshKey: 'k8s:deploy/id', knownHosts: {file: a folder/known}}"


class OneSecret:
    """A Secret that the file names, and the deployment's keys, in the control plane's namespace."""

    def __init__(self, keys: str = "secret") -> None:
        self.keys = keys

    def get(self, version: str, kind: str, name: str, namespace: str) -> dict[str, Any] | None:
        if (kind, name, namespace) == ("Secret", "airflow-keys", "mine"):
            return {"data": {"fernet-key": base64.b64encode(self.keys.encode()).decode()}}
        if (kind, name, namespace) != ("Secret", "deploy", "mine"):
            return None
        return {"data": {"id": base64.b64encode(b"KEY\nLINES\n").decode()}}


CLUSTER = cast(Cluster, OneSecret())


def load(folder: Path, token: str) -> Spec:
    (folder / "a folder").mkdir()
    (folder / "a folder" / "known").write_text("h ssh-ed25519 AAAA\n")
    file = folder / "airstrip.yaml"
    git = f"dags:\n  git:\n  - {HTTPS.replace('TOKEN', token)}\n  - {SSH}\n"
    file.write_text(f"apiVersion: airstrip/v1\nname: mine\n{git}")
    return load_spec(file, TARGET_SPECS)


def test_the_secrets_are_alike_in_both_namespaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "the token")
    spec = load(tmp_path, "'env:A_TOKEN'")
    check_git_references(spec)
    control, workers = read_git_secrets(spec, CLUSTER)
    assert [item["metadata"]["namespace"] for item in (control, workers)] == ["mine", "mine-workers"]
    assert control["metadata"]["name"] == workers["metadata"]["name"]
    assert control["data"] == workers["data"]
    assert {key: base64.b64decode(text).decode() for key, text in control["data"].items()} == {
        "main.credential": "username=me\npassword=the token\n",
        "other.ssh-key": "KEY\nLINES\n",
        "other.known-hosts": "h ssh-ed25519 AAAA\n",
    }


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("'env:NONE_SUCH'", "reference.no-variable"),
        ("'file:none'", "reference.no-file"),
        ("env:TWO", "reference.no-token"),
    ],
)
def test_what_is_not_there_is_said_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str, code: str
) -> None:
    monkeypatch.setenv("TWO", "hunter2\nusername=admin")
    with pytest.raises(AirstripError) as raised:
        check_git_references(load(tmp_path, token))
    assert raised.value.code == code
    assert "hunter2" not in f"{raised.value.to_dict()}"
    assert f"{tmp_path}/airstrip.yaml: dags.git: token of the bundle main: " in raised.value.message


def test_the_secret_s_name_tells_nobody_what_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pods, events and `plan` show it: with the contents alone, guesses could be tried on it."""
    monkeypatch.setenv("A_TOKEN", "monday")
    spec = load(tmp_path, "'env:A_TOKEN'")

    def name(keys: str) -> str:
        (secret, *_) = read_git_secrets(spec, cast(Cluster, OneSecret(keys)))
        return str(secret["metadata"]["name"])

    assert name("one") == name("one")
    assert name("one") != name("another")


def test_without_git_there_is_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "airstrip.yaml"
    file.write_text("apiVersion: airstrip/v1\nname: mine\n")
    assert read_git_secrets(load_spec(file, TARGET_SPECS), CLUSTER) == ()
