from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from airstrip.spec import load_spec
from airstrip.targets.local.spec import LocalSpec
from tests.cli.conftest import Outcome

Airstrip = Callable[..., Outcome]


def test_init_writes_a_file_that_loads_and_a_dag_that_compiles(airstrip: Airstrip) -> None:
    done = airstrip("init")
    assert done.out.splitlines() == ["airstrip.yaml", "dags/hello.py"]
    spec = load_spec(Path("airstrip.yaml"), {"local": LocalSpec})
    assert spec.dags.path == Path("dags").absolute()
    source = Path("dags/hello.py").read_text()
    compile(source, "hello.py", "exec")
    assert "airflow.sdk" in source


def test_what_is_commented_out_loads_too(airstrip: Airstrip) -> None:
    airstrip("init")
    text = re.sub(r"^# ( *\w+:( |$).*)", r"\1", Path("airstrip.yaml").read_text(), flags=re.MULTILINE)
    Path("all.yaml").write_text(text)
    spec = load_spec(Path("all.yaml"), {"local": LocalSpec})
    assert spec.target == LocalSpec(port=8080)
    assert "amazon" in spec.airflow.extras
    assert spec.image.requirements == ("pandas",)


def test_init_writes_where_the_other_verbs_look(airstrip: Airstrip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_FILE", "deployments/prod.yaml")
    assert airstrip("init").out.splitlines()[0] == "deployments/prod.yaml"


def test_init_overwrites_nothing(airstrip: Airstrip) -> None:
    Path("airstrip.yaml").write_text("mine")
    done = airstrip("init", "--json")
    assert done.code == 2
    assert done.document["errors"][0]["code"] == "init.exists"
    assert Path("airstrip.yaml").read_text() == "mine"
    assert not Path("dags").exists()


def test_a_folder_of_dags_is_left_as_it_is(airstrip: Airstrip) -> None:
    Path("dags").mkdir()
    assert airstrip("init", "-f", "prod.yaml", "--json").document["data"] == {"written": ["prod.yaml"]}
    assert list(Path("dags").iterdir()) == []
