"""In which order `up` applies what, around the check of DAG files."""

from __future__ import annotations

import pytest

from airstrip.manifests import Stage, build_manifests
from airstrip.operations.landing import in_order
from airstrip.operations.render import NOT_BUILT
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target

SPEC = load_spec(None, TARGET_SPECS)
STAGES = build_manifests(SPEC, make_target(SPEC).preview(), NOT_BUILT, {}).stages
SECRET = {"kind": "Secret", "metadata": {"name": "sales"}}


def names(stages: object) -> list[str]:
    assert isinstance(stages, list | tuple)
    return [stage.name for stage in stages]


def test_what_is_refused_has_changed_nothing_that_running_tasks_see() -> None:
    order = in_order(STAGES, [SECRET], runs=True)
    assert all(item.get("immutable") for stage in order.before for item in stage.objects)
    assert (names(order.before), names(order.beside)) == (["settings"], [])
    assert names(order.after) == ["project-secrets", "foundation", "database", "migration", "airflow"]


def test_a_first_landing_does_not_wait_for_the_check_before_airflow() -> None:
    order = in_order(STAGES, [], runs=False)
    assert (names(order.before), names(order.after)) == (["settings"], ["airflow"])
    assert names(order.beside) == ["foundation", "database", "migration"]


@pytest.mark.parametrize("runs", [True, False])
def test_git_is_asked_before_anything(runs: bool) -> None:
    order = in_order((Stage("git", ()), *STAGES), [SECRET], runs=runs)
    assert names(order.before) == ["git", "settings"]
    assert len([*order.before, *order.beside, *order.after]) == len(STAGES) + 2
