"""The verbs of `project`: what they hand over, where a secret comes from, and where it never goes."""

from __future__ import annotations

import getpass
import io
import sys
from collections.abc import Callable, Iterator

import pytest

from airstrip.result import AnyResult, Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade
from tests.cli.test_failures import Terminal

Airstrip = Callable[..., Outcome]
SALES = {
    "project": "sales",
    "source": "command",
    "place": None,
    "landed": True,
    "config": {"REGION": "eu", "QUERY": "select *\n  from sales " + "where x " * 20},
    "secrets": {"API_TOKEN": "env:SALES_TOKEN", "PIN": "typed"},
    "pool": 1,
    "requests": {"cpu": "500m", "memory": "1Gi"},
    "limits": {},
    "namespace": "airflow-workers",
    "quota": {},
    "folder": "/var/lib/airstrip/airflow/data/projects/sales",
    "url": None,
}
RIDES = {
    **SALES,
    "project": "rides",
    "source": "file",
    "place": "airstrip.yaml:7",
    "landed": False,
    "config": {},
    "secrets": {},
    "pool": None,
    "requests": {},
}


@pytest.fixture(autouse=True)
def _answers(facade: Facade) -> None:
    facade.answers |= {
        "projects": Result("project list", {"name": "airflow", "projects": [RIDES, SALES]}),
        "project": Result("project show", SALES),
        "add_project": Result("project add", SALES),
        "set_project": Result("project set", SALES),
        "unset_project": Result("project unset", SALES),
    }


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The facade's stand-in takes words of any kind."""
    from types import SimpleNamespace

    names = ("config", "secrets", "values", "pool", "requests", "limits", "data")
    gone = ("keys", "secrets", "pool", "requests", "limits", "data")
    for name, keys in (("ProjectWords", names), ("Forgotten", gone)):

        def make(*values: object, keys: tuple[str, ...] = keys) -> object:
            return SimpleNamespace(**dict(zip(keys, values, strict=True)))

        monkeypatch.setattr(sys.modules["airstrip.deployment"], name, make, raising=False)


pytestmark = pytest.mark.usefixtures("words")


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str | BaseException) -> list[str]:
    """A terminal on which each question is answered in turn."""
    left: Iterator[str | BaseException] = iter(answers)

    def answer(prompt: str) -> str:
        following = next(left)
        if isinstance(following, BaseException):
            raise following
        return following

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", answer)
    return []


def test_the_list_is_a_table(airstrip: Airstrip) -> None:
    assert airstrip("project", "list").out.splitlines() == [
        "airflow: 2 projects",
        "  rides  no settings                            in airstrip.yaml:7, not landed yet",
        "  sales  2 settings, 2 secrets  pool of 1 slot",
    ]
    assert airstrip("project", "list", "--json").document["data"]["projects"][1]["secrets"]["PIN"] == "typed"


def test_a_project_is_shown_with_its_folder_and_without_its_secrets(airstrip: Airstrip) -> None:
    lines = airstrip("project", "show", "sales").out.splitlines()
    assert lines[:6] == [
        "sales",
        "  from      the command line",
        "  pods      in airflow-workers, by airstrip_pods.project('sales')",
        "  data      /var/lib/airstrip/airflow/data/projects/sales",
        "  pool      pool of 1 slot",
        "  requests  cpu 500m, memory 1Gi",
    ]
    assert lines[-4:] == ["", "secrets", "  API_TOKEN  env:SALES_TOKEN", "  PIN        typed"]
    assert all(len(line) < 80 for line in lines)


def test_a_namespace_of_its_own_its_quota_and_its_place_of_data_are_shown(airstrip: Airstrip, facade: Facade) -> None:
    own = {"namespace": "sales-pods", "quota": {"requests.cpu": "2", "pods": "9"}, "url": "s3://b/p", "folder": None}
    facade.answers["project"] = Result("project show", {**SALES, **own})
    lines = airstrip("project", "show", "sales").out.splitlines()
    assert "  pods      in sales-pods, by airstrip_pods.project('sales')" in lines
    assert "  data      s3://b/p" in lines
    assert "  quota     pods 9, requests.cpu 2" in lines


def test_words_reach_the_facade(airstrip: Airstrip, facade: Facade) -> None:
    room = "--request cpu=1 --request memory=1Gi --limit memory=2Gi"
    line = f"REGION=eu QUERY=a=b --secret A=env:B --pool 4 {room} --data s3://b/p"
    for verb in ("add", "set"):
        assert airstrip("project", verb, "sales", *line.split()).code == 0
        name, said = facade.calls[-1][1][:2]
        assert (name, vars(said)) == (
            "sales",
            {
                "config": {"REGION": "eu", "QUERY": "a=b"},
                "secrets": {"A": "env:B"},
                "values": {},
                "pool": 4,
                "requests": {"cpu": "1", "memory": "1Gi"},
                "limits": {"memory": "2Gi"},
                "data": "s3://b/p",
            },
        )
    gone = "REGION --secret A --pool --limit cpu --data"
    assert airstrip("project", "unset", "sales", *gone.split()).code == 0
    assert vars(facade.calls[-1][1][1]) == {
        "keys": ("REGION",),
        "secrets": ("A",),
        "pool": True,
        "requests": (),
        "limits": ("cpu",),
        "data": True,
    }


def test_a_secret_without_a_reference_is_asked_for_and_not_shown(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "hunter2", "tr0ub4dor")
    done = airstrip("project", "set", "sales", "--secret", "API_TOKEN", "--secret", "PIN")
    assert facade.calls[-1][1][1].values == {"API_TOKEN": "hunter2", "PIN": "tr0ub4dor"}
    assert done.err == "API_TOKEN: PIN: "
    assert "hunter2" not in done.out


@pytest.mark.parametrize("failure", [EOFError(), getpass.GetPassWarning("Can not control echo")])
def test_a_terminal_that_gives_none(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    typed(monkeypatch, failure)
    done = airstrip("project", "add", "sales", "--secret", "PIN")
    assert (done.code, "usage.needs-secret" in done.err, facade.calls) == (2, True, [])


def test_an_empty_secret_is_none(airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "")
    done = airstrip("project", "add", "sales", "--secret", "PIN")
    assert (done.code, "usage.empty-secret" in done.err, facade.calls) == (2, True, [])


def test_without_a_terminal_a_reference_is_needed(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"hunter2\n")))
    done = airstrip("project", "add", "sales", "--secret", "PIN", "--json")
    assert (done.code, done.document["errors"][0]["code"]) == (2, "usage.needs-secret")
    assert "--secret PIN=env:NAME" in done.document["errors"][0]["fix"]
    assert facade.calls == []


@pytest.mark.parametrize(
    "line",
    [
        "add sales hunter2",
        "add sales =hunter2",
        "add sales postgresql://u:hunter2@host/db?a=b",
        "add sales --secret =hunter2",
        "add sales --secret hunter2!",
        "add sales --secret smtp://u:hunter2@host/?a=b",
        "set sales hunter2 --pool 1",
        "set sales A=b --request hunter2",
        "show sales hunter2",
        "remove sales hunter2 --yes",
    ],
)
@pytest.mark.parametrize("more", [[], ["--json", "--debug"]])
def test_a_word_that_may_be_a_secret_is_not_repeated(
    airstrip: Airstrip, facade: Facade, line: str, more: list[str]
) -> None:
    done = airstrip("project", *line.split(), *more)
    assert done.code == 2
    assert "hunter2" not in done.out + done.err
    assert facade.calls == []


@pytest.mark.parametrize("verb", ["set", "unset"])
def test_to_change_nothing_is_a_mistake(airstrip: Airstrip, facade: Facade, verb: str) -> None:
    done = airstrip("project", verb, "sales")
    assert (done.code, "would change nothing" in done.err, facade.calls) == (2, True, [])


@pytest.mark.parametrize(("answer", "agreed"), [("y\n", True), ("\n", False), ("", False)])
def test_removing_asks_and_enter_does_not_agree(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch, answer: str, agreed: bool
) -> None:
    answers = []

    def remove(name: str, _: object, confirm: Callable[[str], bool], *, data: bool) -> AnyResult:
        answers.append(confirm(f"Remove {name}?"))
        return Result("project remove", {"project": name, "dataDeleted": data, "folder": "/data/sales", "url": None})

    facade.answers["remove_project"] = remove
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    done = airstrip("project", "remove", "sales")
    assert answers == [agreed]
    assert "[y/N]" in done.err
    assert done.out == "The project sales is removed. Its data is kept: /data/sales.\n"
    assert airstrip("project", "remove", "sales", "--data", "--yes").out.endswith("and so is its data.\n")


def test_removing_without_a_terminal_needs_yes(
    airstrip: Airstrip, facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove(name: str, _: object, confirm: Callable[[str], bool], *, data: bool) -> AnyResult:
        assert confirm(f"Remove {name}?")
        return Result("project remove", {"project": name, "dataDeleted": data, "folder": None, "url": "s3://b/p"})

    facade.answers["remove_project"] = remove
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"y\n")))
    done = airstrip("project", "remove", "sales", "--json")
    assert (done.code, done.document["errors"][0]["code"]) == (2, "usage.needs-confirmation")


def test_the_shell_completes_names(facade: Facade) -> None:
    from types import SimpleNamespace
    from typing import Any

    from airstrip.cli.projects import _names

    # Of typer's context, only what was given so far is read.
    context: Any = SimpleNamespace(params={})
    assert _names(context, "s") == ["sales"]
    facade.answers["projects"] = RuntimeError("the cluster is away")
    assert _names(context, "") == []
