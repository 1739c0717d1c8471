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


def names(airstrip: Airstrip) -> list[str]:
    return [row["example"] for row in airstrip("init", "--list-examples", "--json").document["data"]["examples"]]


def test_examples_are_listed_with_what_they_show(airstrip: Airstrip) -> None:
    lines = airstrip("init", "--list-examples").out.splitlines()
    assert {line.split()[0] for line in lines} == set(names(airstrip)) >= {"smoke", "isolation", "pipeline", "database"}
    assert all(len(line.split()) > 3 and len(line) <= 80 for line in lines)
    assert not Path("airstrip.yaml").exists()


def test_an_unknown_example_is_refused_with_those_that_there_are(airstrip: Airstrip) -> None:
    done = airstrip("init", "--example", "smoke", "--example", "pipline", "--json")
    assert done.code == 2
    (error,) = done.document["errors"]
    assert (error["code"], error["cause"]) == ("init.unknown-example", "Did you mean pipeline?")
    assert all(name in error["fix"] for name in names(airstrip))
    assert not Path("airstrip.yaml").exists()


def test_every_example_writes_a_file_that_loads_and_its_dag(airstrip: Airstrip) -> None:
    for name in names(airstrip):
        written = airstrip("init", "--example", name, "-f", f"{name}/airstrip.yaml", "--json").document["data"][
            "written"
        ]
        assert written[:2] == [f"{name}/airstrip.yaml", f"{name}/dags/example_{name}.py"]
        assert load_spec(Path(name, "airstrip.yaml"), {"local": LocalSpec}).dags.path == Path(name, "dags").absolute()
        source = Path(name, "dags", f"example_{name}.py").read_text()
        compile(source, name, "exec")
        assert f"def example_{name}()" in source


def test_all_examples_are_together_in_one_folder(airstrip: Airstrip) -> None:
    for name in names(airstrip):
        assert airstrip("init", "--example", name).code == 0
    one_by_one = {str(path): path.read_text() for path in Path("dags").rglob("*.py")}
    assert len(one_by_one) >= len(names(airstrip))
    spec = load_spec(Path("airstrip.yaml"), {"local": LocalSpec})
    assert set(spec.projects) == {"examples", "examples-database"}
    again = airstrip("init", *(word for name in names(airstrip) for word in ("--example", name)))
    assert (again.code, again.out) == (0, "All of it is there already.\n")


def test_an_example_goes_where_the_file_that_is_there_has_its_dags(airstrip: Airstrip) -> None:
    mine = "apiVersion: airstrip/v1\nname: mine   # my own\ndags: {path: ../flights}\nprojects:\n  sales: {pool: 2}\n"
    Path("deploy").mkdir()
    Path("deploy/prod.yaml").write_text(mine)
    Path("flights").mkdir()
    done = airstrip("init", "--example", "database", "-f", "deploy/prod.yaml")
    assert done.out.splitlines() == ["deploy/prod.yaml", "flights/example_database.py"]
    assert Path("flights/example_database.py").is_file()
    text = Path("deploy/prod.yaml").read_text()
    assert [line for line in mine.splitlines() if line not in text.splitlines()] == []
    assert set(load_spec(Path("deploy/prod.yaml"), {"local": LocalSpec}).projects) == {"sales", "examples-database"}


@pytest.mark.parametrize("way", ["volume", "image"])
def test_an_example_goes_where_what_is_delivered_lies(airstrip: Airstrip, way: str) -> None:
    Path("airstrip.yaml").write_text(f"apiVersion: airstrip/v1\nname: mine\ndags: {{{way}: {{path: pipelines}}}}\n")
    assert airstrip("init", "--example", "smoke").code == 0
    assert Path("pipelines/example_smoke.py").is_file()
    assert not Path("dags").exists()


@pytest.mark.parametrize(
    ("more", "example", "cause", "needed"),
    [
        ("airflow: {executor: local}\n", "pipeline", "projects: projects are of pods", "projects:\n  examples: {}\n"),
        (f"image: {{ref: a.io/a@sha256:{'0' * 64}}}\n", "duckdb", "image: a ready", "requirements: [duckdb]"),
    ],
)
def test_no_example_makes_a_file_one_that_nothing_can_land(
    airstrip: Airstrip, more: str, example: str, cause: str, needed: str
) -> None:
    mine = f"apiVersion: airstrip/v1\nname: mine\n{more}"
    Path("airstrip.yaml").write_text(mine)
    done = airstrip("init", "--example", "smoke", "--example", example, "--json")
    (error,) = done.document["errors"]
    assert (done.code, error["code"]) == (2, "init.not-added")
    assert f"the example {example} needs" in error["message"]
    assert cause in error["cause"]
    assert needed in error["details"]
    assert Path("airstrip.yaml").read_text() == mine
    assert not Path("dags").exists()
    assert airstrip("init", "--example", "smoke").code == 0
    load_spec(Path("airstrip.yaml"), {"local": LocalSpec})


def test_a_file_that_was_wrong_before_is_told_as_such(airstrip: Airstrip) -> None:
    Path("airstrip.yaml").write_text("apiVersion: airstrip/v1\nname: mine\ndag: {path: dags}\n")
    done = airstrip("init", "--example", "smoke", "--json")
    assert (done.code, done.document["errors"][0]["code"]) == (2, "spec.unknown-key")
    assert not Path("dags").exists()


def test_an_example_overwrites_nothing(airstrip: Airstrip) -> None:
    airstrip("init", "--example", "smoke")
    before = Path("airstrip.yaml").read_text()
    for name in ("pipeline", "sensor"):
        Path(f"dags/example_{name}.py").write_text("mine")
    done = airstrip("init", "--example", "pipeline", "--example", "sensor", "--example", "retries", "--json")
    assert done.code == 2
    (error,) = done.document["errors"]
    assert error["code"] == "init.exists"
    assert "dags/example_pipeline.py, dags/example_sensor.py" in error["message"]
    assert Path("dags/example_sensor.py").read_text() == "mine"
    assert Path("airstrip.yaml").read_text() == before
    assert not Path("dags/example_retries.py").exists()
