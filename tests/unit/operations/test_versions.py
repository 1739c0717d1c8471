"""Of which version everything is: every component must be seen, and a task must say its own."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from airstrip.errors import AirflowError
from airstrip.operations.properties import control_plane, tasks
from airstrip.spec import Dags
from tests.unit.operations.seen import PLAIN, Seen

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


def pod(component: str, image: str = "sha256:a", phase: str = "Running") -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app.kubernetes.io/component": component}},
        "status": {"phase": phase, "containerStatuses": [{"name": component, "imageID": image}]},
    }


def seen(pods: list[dict[str, Any]], plain: Any = PLAIN, version: str = "3.3.2") -> Any:
    """A stand-in of a scene: its pods, what its task returned, what its API server says."""
    spec = SimpleNamespace(
        name="mine", namespaces=SimpleNamespace(control="c"), airflow=SimpleNamespace(version="3.3.2"), dags=Dags()
    )
    found = Seen({"plain": "success" if plain else "failed"}, {"plain": plain})
    return SimpleNamespace(
        session=SimpleNamespace(spec=spec, cluster=SimpleNamespace(list=lambda *_, **__: pods)),
        airflow=SimpleNamespace(version=lambda: version),
        refused=lambda _: None,
        returned=found.returned,
        ended=found.ended,
        log=found.log,
    )


ALL = [pod(name) for name in COMPONENTS]


def test_all_components_and_a_task_prove_the_version() -> None:
    outcome = control_plane.versions(seen(ALL))
    assert outcome.state == "proved"
    assert all(name in outcome.text for name in (*COMPONENTS, "a task"))


@pytest.mark.parametrize(
    ("pods", "more", "says"),
    [
        (ALL[:3], {}, "the triggerer runs no image"),
        ([*ALL[:3], pod("triggerer", phase="Pending")], {}, "the triggerer runs no image"),
        ([*ALL[:3], pod("triggerer", "sha256:b")], {}, "the triggerer runs another image than the api-server"),
        (ALL[1:], {}, "the api-server runs no image"),
        ([*ALL, pod("api-server", "sha256:b")], {}, "the api-server runs 2 images"),
        (ALL, {"version": "3.3.1"}, "api-server is 3.3.1"),
        (ALL, {"plain": {**PLAIN, "version": "3.3.1"}}, "a task is 3.3.1"),
        (ALL, {"plain": None}, "the task plain is failed"),
    ],
)
def test_what_is_missing_or_of_another_version_is_named(pods: Any, more: dict[str, Any], says: str) -> None:
    outcome = control_plane.versions(seen(pods, **more))
    assert outcome.state == "failed"
    assert outcome.finding is not None
    assert says in f"{outcome.text}\n{outcome.finding.evidence}"


def test_the_image_with_the_dags_on_top_is_another_by_design() -> None:
    """Of who runs their code alone; that it is the right one is for the property `dags`."""
    pods = [pod(name, "sha256:b" if name == "dag-processor" else "sha256:a") for name in COMPONENTS]
    scene = seen(pods)
    scene.tasks_have_pods = True
    assert control_plane.versions(scene).state == "failed"
    scene.session.spec.dags = Dags(in_image=True, baked=Path("/dags"))
    assert control_plane.versions(scene).text.endswith("by one image, dag-processor with the DAGs on top of it")
    scene.session.cluster.list = lambda *_, **__: [*pods[:3], pod("triggerer", "sha256:b")]
    assert control_plane.versions(scene).state == "failed"


def test_a_task_that_could_not_be_started_says_why() -> None:
    scene = seen(ALL)
    scene.refused = lambda _: AirflowError("airflow.dag-not-found", "there is no such DAG")
    with pytest.raises(AirflowError, match="no such DAG"):
        control_plane.versions(scene)


BACK = {"before": "one", "after": "two", "event": "2026-11-21 12:00:00+00:00"}


@pytest.mark.parametrize(
    ("got", "state", "says"),
    [
        (BACK, "proved", "left one, and came back in two"),
        ({**BACK, "after": "one"}, "failed", "came back in one, which it had left"),
        ({**BACK, "event": "None"}, "failed", "without"),
        ({**BACK, "event": ""}, "failed", "without"),
        (None, "failed", "the task deferred is"),
    ],
)
def test_a_deferred_task_comes_back_in_another_pod_with_the_event(got: Any, state: str, says: str) -> None:
    outcome = tasks.triggerer(Seen(returned_by={"deferred": got}).scene())
    assert (outcome.state, says in outcome.text) == (state, True), outcome.text


def test_with_the_executor_local_a_deferred_task_comes_back_where_it_was() -> None:
    same = {**BACK, "after": "one"}
    assert tasks.triggerer(Seen(returned_by={"deferred": same}, tasks_have_pods=False).scene()).state == "proved"
