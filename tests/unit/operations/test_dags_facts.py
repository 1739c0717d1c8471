"""What is asked of Airflow and the cluster for a check, and what is not known where they do not say."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.dags.facts import Known, ParsedDags, Reference
from airstrip.errors import AirflowError, AirstripError, KubernetesError, UsageError
from airstrip.events import Event, Warned, discard
from airstrip.manifests import check_bundles
from airstrip.operations import Session, check_dags, dags_facts
from airstrip.operations.dags_facts import Processor, collect
from airstrip.spec import Dags
from tests.unit.airflow_api.test_client import Airflow, ok
from tests.unit.dags.making import defined, refused

SECRETS = {("Secret", "workers"): {"data": {"k": "aHVudGVyMg=="}}, ("ConfigMap", "workers"): None}
NAMES = (
    Reference("config-map", "m", "t"),
    Reference("secret", "x", "t", namespace="o"),
    Reference("connection", "c", "t", sources=(("secret", "", "s"),)),
)


class Cluster:
    def get(self, _: str, kind: str, __: str, namespace: str) -> Any:
        if namespace == "o":
            raise KubernetesError("kubernetes.forbidden", "no", status=403)
        return SECRETS[kind, namespace]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the program in the pod was given."""
    told: dict[str, Any] = {}

    def parse(*_: object, **options: Any) -> ParsedDags:
        told.update(options)
        return ParsedDags((defined("d", *NAMES),))

    monkeypatch.setattr(dags_facts, "parse_folder", parse)
    monkeypatch.setattr(dags_facts, "build_check", lambda *_, **__: {})
    monkeypatch.setattr(dags_facts, "missing_mounts", lambda _: ())
    return told


def session(executor: str = "kubernetes") -> Session:
    spec = SimpleNamespace(
        name="mine",
        namespaces=SimpleNamespace(control="control", workers="workers"),
        airflow=SimpleNamespace(executor=executor),
        components={"task": SimpleNamespace(env={"AIRFLOW_CONN_DB": "x", "OTHER": "y"})},
        dags=Dags(),
    )
    return cast(Session, SimpleNamespace(spec=spec, cluster=Cluster(), platform=None))


def airflow(value: str = "1") -> AirflowClient:
    def page(key: str, field: str, *names: str) -> Any:
        return ok({key: [{field: name} for name in names], "total_entries": len(names)})

    return Airflow(
        **{
            "variables": page("variables", "key", "written", "unwritten"),
            "connections": page("connections", "connection_id", "c"),
            "pools": page("pools", "name", "p"),
            "variables/written": ok({"key": "written", "value": value}),
        }
    ).client()


def test_names_of_all_and_values_of_what_the_files_write_out(tmp_path: Path, given: dict[str, Any]) -> None:
    (tmp_path / "a.py").write_text("Variable.get('written')")
    found = collect(session(), Processor({}, {}), tmp_path, airflow, discard, lambda _: None)
    assert given["variables"] == {"written": "1"}
    assert found.known == Known(
        frozenset({"p"}), frozenset({"c"}), frozenset({"written", "unwritten"}), found.known.objects
    )
    assert found.parsed.connections == {"DB"}


def test_a_value_that_a_file_was_given_is_struck_out_of_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    """As of `int(Variable.get("quota"))`."""
    (tmp_path / "a.py").write_text("Variable.get('written')")
    error = "ValueError: invalid literal for int() with base 10: 'forty-two rides'"
    monkeypatch.setattr(dags_facts, "parse_folder", lambda *_, **__: ParsedDags((refused(error),)))

    def text(value: str) -> str:
        known = partial(airflow, value)
        (file,) = collect(session(), Processor({}, {}), tmp_path, known, discard, lambda _: None).parsed.files
        return file.errors[0].last_line

    assert text("forty-two rides") == error.replace("forty-two rides", "***")
    assert text("base") == error


def test_keys_of_secrets_and_nothing_else_and_what_may_not_be_read_is_not_known(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    found = collect(session(), Processor({}, {}), tmp_path, None, discard, lambda _: None)
    assert found.known.objects == {("secret", "workers", "s"): {"k"}, ("config-map", "workers", "m"): None}
    assert "aHVudGVyMg" not in repr(found)


def test_files_of_several_bundles_are_told_in_the_folders_of_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]
) -> None:
    """Where two have a file of one name, nobody knew which is broken; Airstrip's own bundle has no folder there."""
    broken = replace(refused("NameError: x"), bundle="other")
    imported = defined("x", file="x.py", bundle="other", made_in="a.py")
    parsed = ParsedDags((defined("d"), broken, imported, defined("smoke", bundle="airstrip")))
    monkeypatch.setattr(dags_facts, "parse_folder", lambda *_, **options: given.update(options) or parsed)

    def files(*bundles: str) -> list[str]:
        found = collect(session(), Processor({}, {}), tmp_path, None, discard, lambda _: None, bundles).parsed.files
        return [
            name
            for file in found
            for name in (file.file, *(error.file for error in file.errors), *(dag.made_in for dag in file.dags))
            if name
        ]

    assert files("main", "other") == ["main/a.py", "other/a.py", "other/a.py", "other/x.py", "other/a.py", "a.py"]
    assert given["bundles"] == check_bundles(("main", "other"))
    assert files("main") == ["a.py", "a.py", "a.py", "x.py", "a.py", "a.py"]


def test_the_pod_is_asked_which_of_git_lfs_s_pointers_airflow_looks_into(tmp_path: Path, given: dict[str, Any]) -> None:
    (tmp_path / "rows.csv").write_text("version https://git-lfs.github.com/spec/v1\n")
    found = collect(session(), Processor({}, {}), tmp_path, None, discard, lambda _: None)
    assert given["pointers"] == found.pointers == ("rows.csv",)


def test_before_airflow_runs_or_while_it_does_not_answer_what_it_keeps_is_not_known(
    tmp_path: Path, given: dict[str, Any]
) -> None:
    def down() -> AirflowClient:
        raise AirflowError("airflow.unreachable", "Airflow cannot be reached")

    told: list[Event] = []
    for ask in (None, down):
        found = collect(session(), Processor({}, {}), tmp_path, ask, told.append, lambda _: None)
        assert (found.known.pools, found.known.connections, found.known.variables) == (None, None, None)
    (warning,) = told
    assert isinstance(warning, Warned)
    assert given["variables"] == {}


def test_a_folder_that_is_none_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    for path, code in ((None, "dags.no-path"), (tmp_path / "no", "dags.no-folder")):
        with pytest.raises(UsageError) as raised:
            check_dags(session(), path, discard)
        assert raised.value.code == code


def test_where_nothing_was_landed_the_next_command_is_up(tmp_path: Path) -> None:
    nothing = session()
    nothing.cluster.get = lambda *_: None  # type: ignore[method-assign] # a cluster without a landing
    with pytest.raises(AirstripError) as raised:
        check_dags(nothing, tmp_path, discard)
    assert raised.value.code == "deployment.not-landed"
    assert "./airstrip up" in raised.value.fix
