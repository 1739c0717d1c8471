"""What the contract says of every verb."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from airstrip import __version__
from airstrip.cli import author, dags, doctor, files, image, lifecycle, look, node, plan, projects, prove, users
from airstrip.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
GROUPS: list[tuple[tuple[str, ...], typer.Typer]] = [
    ((), lifecycle.verbs),
    ((), plan.verbs),
    ((), look.verbs),
    ((), doctor.verbs),
    ((), prove.verbs),
    ((), author.verbs),
    ((), files.verbs),
    (("dags",), dags.verbs),
    (("project",), projects.verbs),
    (("users",), users.verbs),
    (("image",), image.verbs),
    (("node",), node.verbs),
]
VERBS = {(*prefix, str(command.name)): command for prefix, group in GROUPS for command in group.registered_commands}


def test_the_verbs_of_this_release() -> None:
    assert {" ".join(verb) for verb in VERBS} == {
        *("dev", "test"),
        *("init", "up", "plan", "status", "doctor", "why", "verify", "open", "run", "logs", "down", "render", "schema"),
        *(f"dags {verb}" for verb in ("list", "check", "push", "history", "rollback", "diff")),
        *(f"project {verb}" for verb in ("list", "show", "add", "set", "unset", "remove")),
        *(f"users {verb}" for verb in ("list", "add", "set-role", "reset-password", "delete")),
        *(f"image {verb}" for verb in ("list", "new", "lock", "containerfile", "build", "push", "test", "prune")),
        *(f"node {verb}" for verb in ("build", "start", "stop", "status", "kubeconfig", "prune")),
    }


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_takes_a_file_json_and_debug(verb: tuple[str, ...]) -> None:
    callback = VERBS[verb].callback
    assert callback is not None
    assert {"file", "json", "debug"} <= set(inspect.signature(callback).parameters)


@pytest.mark.parametrize("verb", [(), ("dags",), ("project",), ("users",), ("image",), ("node",), *VERBS], ids=" ".join)
def test_help_has_examples_and_fits_80_columns(
    verb: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run([*verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert max(len(line) for line in text.splitlines()) <= 80
    if verb in VERBS:
        assert "Example" in text
        assert f"./airstrip {' '.join(verb)}" in text


def test_help_and_version_need_no_cluster_client_and_no_yaml() -> None:
    code = "import sys; from airstrip.cli.main import run; run(['--help']); print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"import json; {code}"], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & {"httpx", "pydantic", "ruamel.yaml", "cryptography", "rich.progress"}


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert __version__ == project["version"]
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"airstrip {__version__}\n"
