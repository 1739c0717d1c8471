"""The public names: what a library user may import, and no more."""

from __future__ import annotations

import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import get_args

import pytest

import airstrip
from airstrip import Deployment, Node, deployment
from airstrip.cli import options
from airstrip.cli.users import add
from airstrip.events import Event


def test_the_public_names() -> None:
    facade = ["AirstripError", "Deployment", "Finding", "Node", "Result", "__version__", "Forgotten", "ProjectWords"]
    assert sorted(airstrip.__all__) == sorted([*facade, "Event", *(kind.__name__ for kind in get_args(Event))])
    for name in airstrip.__all__:
        assert getattr(airstrip, name) is not None
    assert not hasattr(airstrip, "Airstrip")


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys, airstrip; print([name for name in sys.modules if name.startswith('airstrip.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['airstrip.version']"


def test_what_a_deployment_and_a_node_can_do() -> None:
    assert public(airstrip.Deployment) == (
        "add_project add_user build_images check_dags check_rights clean close component_logs containerfile dags "
        "dags_history "
        "delete_user dev diff_dags doctor down examples explain_code explain_facts forwarded_ui "
        "history images init known_dags load "
        "lock_images new_image open_url password plan project projects prune_images push_dags push_image "
        "remove_project render reset_password rollback_dags run schema serve serve_password set_project set_role "
        "status task_logs test test_image unset_project up upgrade_check users verify why"
    )
    assert public(airstrip.Node) == "build check check_rights kubeconfig load prune start status stop"


def public(facade: type) -> str:
    names = {name for each in facade.__mro__ for name in vars(each)}
    return " ".join(sorted(name for name in names if not name.startswith("_")))


def test_the_command_line_s_defaults_are_the_library_s() -> None:
    """It writes them down once more: to ask the facade would import all of it for `--help`."""
    assert options.DEFAULT_TIMEOUT == deployment.DEFAULT_TIMEOUT
    assert (
        signature(add).parameters["role"].default == signature(airstrip.Deployment.add_user).parameters["role"].default
    )


def test_the_file_is_searched_as_the_contract_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("airstrip", "other", "third"):
        Path(f"{name}.later").write_text(f"apiVersion: airstrip/v1\nname: {name}-file\n")

    def loaded(file: Path | None = None) -> str:
        assert Node.load(file).name == Deployment.load(file).spec.name
        return Deployment.load(file).spec.name

    assert loaded() == "airflow"
    Path("airstrip.later").rename("airstrip.yaml")
    assert loaded() == "airstrip-file"
    monkeypatch.setenv("AIRSTRIP_FILE", "other.later")
    assert loaded() == "other-file"
    assert loaded(Path("third.later")) == "third-file"
