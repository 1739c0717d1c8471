"""A task of a project with a namespace of its own is refused there, and not in the workers'."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.diagnose.why import explain
from tests.unit.diagnose.why.making import TASK, WORKERS, facts
from tests.unit.diagnose.why.reason_cases import refused

LIMIT = 'pods "d-load-x1" is forbidden: maximum memory usage per Container is 16Mi, but limit is 1Gi'
NO_RIGHT = (
    'pods is forbidden: User "system:serviceaccount:air:scheduler" cannot create resource "pods" in API group "" in the'
    ' namespace "proj-a"'
)
ENDING = 'pods "d" is forbidden: unable to create new content in namespace proj-a because it is being terminated'
NO_ACCOUNT = 'error looking up service account proj-a/etl: serviceaccount "etl" not found'
SENT = "{'pod_override': {'metadata': {'labels': None, 'namespace': 'proj-a'}, 'spec': {'containers': []}}}"


@pytest.mark.parametrize(
    ("said", "code"),
    [(NO_RIGHT, "access.forbidden"), (ENDING, "namespace.terminating"), (NO_ACCOUNT, "account.missing")],
)
def test_the_refusal_itself_names_the_namespace(said: str, code: str) -> None:
    (first, *_) = explain(facts("failed", **refused(said)))
    assert first.code == code
    told = f"{first.symptom} {first.fix}"
    assert ("proj-a" in told, WORKERS in told) == (True, False)


@pytest.mark.parametrize(("config", "namespace"), [(SENT, "proj-a"), ("{}", WORKERS)])
def test_where_it_does_not_the_task_s_pod_does(config: str, namespace: str) -> None:
    task = replace(TASK, state="failed", executor_config=config)
    (first, *_) = explain(facts("failed", task=task, **refused(LIMIT)))
    assert first.code == "namespace.limit-range"
    assert f"kubectl -n {namespace} edit limitrange" in first.fix
