"""The file's settings: who gets them, what they win over, and that no name of ours can be taken by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airstrip.manifests import ManifestSet
from airstrip.spec import Airflow, Spec
from airstrip.spec.airflow_options import airflow_options
from airstrip.spec.own_settings import (
    GENERATED_SECRETS,
    OWN_OPTIONS,
    OWN_PREFIXES,
    OWN_VARIABLES,
    TUNED_OPTIONS,
    option_variable,
)
from tests.unit.manifests.reading import all_objects, config_map, containers, templates

Compile = Callable[..., ManifestSet]
PROCESSES = {"api-server", "scheduler", "dag-processor", "triggerer"}


@pytest.fixture
def with_settings(compile: Compile, spec: Spec) -> Callable[..., ManifestSet]:
    """Compiles the deployment with an `airflow.config` and an `airflow.env`."""

    def build(config: dict[str, dict[str, str]] | None = None, env: dict[str, str] | None = None) -> ManifestSet:
        airflow = Airflow(version="3.3.2", config=config or {}, env=env or {})
        return compile(spec=spec.model_copy(update={"airflow": airflow}))

    return build


def environment(manifests: ManifestSet, pod: str) -> dict[str, str]:
    """The plain variables of a pod's first container."""
    objects = all_objects(manifests)
    container = containers(templates(objects)[pod])[0]
    shared = config_map(objects, "airflow-environment")["data"] if "envFrom" in container else {}
    return {**shared, **{entry["name"]: entry.get("value", "") for entry in container["env"]}}


def rolled(before: ManifestSet, after: ManifestSet) -> set[str]:
    old, new = templates(all_objects(before)), templates(all_objects(after))
    return {name for name in old if old[name] != new[name]}


@pytest.mark.parametrize("pod", [*sorted(PROCESSES), "task"])
def test_processes_and_tasks_get_the_settings(with_settings: Callable[..., ManifestSet], pod: str) -> None:
    manifests = with_settings({"core": {"default_timezone": "utc"}, "common.io": {"a": "b"}}, {"TZ": "UTC"})
    found = environment(manifests, pod)
    assert found["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "utc"
    assert found["AIRFLOW__COMMON_IO__A"] == "b"
    assert found["TZ"] == "UTC"


@pytest.mark.parametrize(
    ("pod", "section", "option"),
    [("scheduler", "core", "parallelism"), ("task", "workers", "min_heartbeat_interval")],
)
def test_the_files_value_wins(with_settings: Callable[..., ManifestSet], pod: str, section: str, option: str) -> None:
    name = option_variable(section, option)
    assert environment(with_settings(), pod)[name] != "99"
    assert environment(with_settings({section: {option: "99"}}), pod)[name] == "99"


def test_a_changed_setting_rolls_the_processes_and_new_tasks_have_it(
    with_settings: Callable[..., ManifestSet],
) -> None:
    assert rolled(with_settings(), with_settings({"core": {"parallelism": "7"}})) == {*PROCESSES, "task"}


@pytest.mark.parametrize("settings", [{"config": {"database": {"max_db_retries": "1"}}}, {"env": {"A": "b"}}])
def test_what_a_migration_can_meet_makes_it_run_again(
    with_settings: Callable[..., ManifestSet], settings: dict[str, Any]
) -> None:
    assert rolled(with_settings(), with_settings(**settings)) == {*PROCESSES, "task", "migration"}


def test_a_dollar_stays_one(with_settings: Callable[..., ManifestSet]) -> None:
    """Kubernetes puts a variable in the place of $(NAME) in a container's `env`, and takes $$ for $."""
    manifests = with_settings(env={"A": "$(HOME) $$"})
    assert config_map(all_objects(manifests), "airflow-environment")["data"]["A"] == "$(HOME) $$"
    assert environment(manifests, "task")["A"] == environment(manifests, "migration")["A"] == "$$(HOME) $$$$"


def test_every_variable_that_airstrip_sets_is_its_own_or_may_be_changed(compile: Compile) -> None:
    """One that were in no list could be changed by the file, and nobody would have thought about it."""
    manifests = compile()
    pods = [*PROCESSES, "task", "migration"]
    names = {name for pod in pods for name in environment(manifests, pod)}
    listed = {option_variable(*name.rsplit(".", 1)) for name in {*OWN_OPTIONS, *TUNED_OPTIONS, *GENERATED_SECRETS}}
    unlisted = {name for name in names if name not in listed | OWN_VARIABLES and not name.startswith(OWN_PREFIXES)}
    assert unlisted == set()
    tuned = {option_variable(*name.rsplit(".", 1)) for name in TUNED_OPTIONS}
    assert tuned <= names, "what Airstrip has no value for needs no place in that list"


def test_no_two_options_have_the_same_variable() -> None:
    """A dot in a section's name becomes an underscore."""
    sections = airflow_options().sections
    names = [option_variable(section, option) for section, options in sections.items() for option in options]
    assert len(names) == len(set(names))
