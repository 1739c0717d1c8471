"""Refusals that a task's log tells of: the last exception's, not those that were handled on the way."""

from __future__ import annotations

import pytest

from airstrip.diagnose.facts import ContainerFact
from airstrip.diagnose.why import explain
from tests.unit.diagnose.why.making import TRACE, facts, logged, raised, there

HEAD = "2026-11-21T11:59:58.000000Z WARNING it does not matter"
FRAME = '  File "/opt/airflow/dags/d.py", line 5, in ask'
HANDLED_403 = (HEAD, TRACE, FRAME, "ApiException: (403)", "Reason: Forbidden", 'body: {"message":"pods is denied"}')
REFUSED = "airflow.sdk.api.client.ServerResponseError: Invalid auth token: Signature verification failed"
OF_SUPERVISOR = '{"level":"error","exc_type":"ServerResponseError","exc_value":"Invalid auth token: Signature"}'


@pytest.mark.parametrize(
    "before",
    [
        HANDLED_403,
        ("2026-11-21T11:59:58.000000Z WARNING ApiException: (403) of theirs",),
        ("2026-11-21T11:59:58.000000Z WARNING Invalid auth token",),
        (HEAD, TRACE, FRAME, "jwt.exceptions.InvalidSignatureError: Signature verification failed"),
        (HEAD, TRACE, FRAME, REFUSED),
    ],
)
def test_a_refusal_that_was_handled_is_not_the_cause(before: tuple[str, ...]) -> None:
    log = (*before, *raised("ValueError: no such day")["log"])
    assert [finding.code for finding in explain(facts("failed", **logged(*log)))] == ["task.exception"]


@pytest.mark.parametrize(
    ("exception", "code"),
    [
        ("jwt.exceptions.InvalidSignatureError: Signature verification failed", "task.exception"),
        (REFUSED, "task.token-refused"),
        (
            "AirflowRuntimeError: API_SERVER_ERROR: {'status_code': 403, 'message': 'Invalid auth token: Signature'}",
            "task.token-refused",
        ),
        ("ForbiddenException: (403)", "task.api-refused"),
    ],
)
def test_a_token_of_airflow_s_is_told_from_users_own(exception: str, code: str) -> None:
    assert explain(facts("failed", **raised(exception)))[0].code == code


def test_a_refusal_from_which_the_last_exception_was_raised_is_the_cause() -> None:
    beneath = (TRACE, FRAME, "ApiException: (403)", "Reason: Forbidden", 'body: {"message":"pods is denied"}')
    after = "2026-11-21T12:00:00.000000Z INFO Task finished"
    first = explain(facts("failed", **raised("AirflowException: Pod p-1 returned a failure.", *beneath, after)))[0]
    assert (first.code, first.cause) == ("task.api-refused", "pods is denied.")


@pytest.mark.parametrize(
    ("name", "line", "code"),
    [
        ("d-load-x1", OF_SUPERVISOR, "task.token-refused"),
        ("d-load-x1", REFUSED, "task.token-refused"),
        ("d-load-x1", '{"event":"theirs: Invalid auth token","logger":"task.stdout"}', "task.failed"),
        ("another", REFUSED, "task.failed"),
    ],
)
def test_what_the_task_s_own_pod_said_of_its_token(name: str, line: str, code: str) -> None:
    container = ContainerFact("base", "i", "terminated", exit_code=1, log=(line,))
    assert explain(facts("failed", **there(container, name=name)))[0].code == code
