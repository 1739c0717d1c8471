"""A namespace that may not be looked into is missed where the task's pod may be in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from airstrip.diagnose.facts import Facts, ProbeFact
from airstrip.errors import KubernetesError
from airstrip.kube import Cluster
from airstrip.operations import Session, why
from tests.unit.operations.test_why import Fake, codes, seen

__all__ = ["seen"]
CLOSED = "air-sales"


def session(*pods: dict[str, Any]) -> Session:
    def listed(_: str, kind: str, namespace: str, **__: object) -> list[dict[str, Any]]:
        if namespace == CLOSED:
            raise KubernetesError("kubernetes.forbidden", f"may not list {kind} in {CLOSED}", status=403)
        return [*pods] if namespace == "air-workers" else []

    session = Fake().session()
    session.spec.task_namespaces = ("air-workers", CLOSED)  # type: ignore[misc] # the stand-in
    session.cluster = cast(Cluster, SimpleNamespace(list=listed))
    return session


def test_it_is_told_where_no_other_has_the_task_s_pod(seen: list[Facts]) -> None:
    probes = [ProbeFact(name, "ok", f"forbidden in {CLOSED}", forbidden=(CLOSED,)) for name in ("pods", "jobs")]
    seen.append(Facts(probes=probes))
    result = why(session(), "d", "e", run_id="r", map_index=-1)
    assert codes(result) == ["task.exception", "probe.failed"]
    assert result.findings[1].symptom == f"pods could not be looked at: forbidden in {CLOSED}"

    told = {"dag_id": "d", "task_id": "e", "run_id": "r", "try_number": "1"}
    pod = {"metadata": {"name": "d-e-1", "labels": {}, "annotations": told}}
    assert codes(why(session(pod), "d", "e", run_id="r", map_index=-1)) == ["task.exception"]
