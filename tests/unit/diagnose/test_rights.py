"""What components may do is asked wherever tasks have their pods."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from airstrip.diagnose import DeploymentFact, diagnose
from airstrip.diagnose.namespace_probe import read_access
from airstrip.kube import Cluster

HERE = DeploymentFact("airflow", "airflow", "airflow-workers", projects=("sales-pods",))


def test_rights_that_somebody_narrowed_in_a_project_s_own_namespace_are_found() -> None:
    def review(item: dict[str, Any]) -> dict[str, Any]:
        asked = item["spec"]["resourceAttributes"]
        narrowed = (asked["namespace"], asked["verb"]) == ("sales-pods", "create")
        return {"status": {"allowed": not narrowed}}

    facts = read_access(cast(Cluster, SimpleNamespace(create=review)), HERE)
    assert {access.namespace for access in facts.access} == {"airflow-workers", "sales-pods"}
    (finding,) = diagnose(facts)
    assert (finding.code, finding.symptom) == ("access.forbidden", "scheduler may not create pods in sales-pods")
