"""The way to Airflow: what it tells, and which proxy stands in it."""

from __future__ import annotations

import httpx
import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirflowError, AirstripError


def test_what_the_way_tells_is_the_cause_of_its_own_request_alone() -> None:
    told = [AirstripError("way.old", "from before")]
    answers = [httpx.ReadError(""), httpx.ReadError("reset")]

    def fail(_: httpx.Request) -> httpx.Response:
        if len(answers) == 2:
            told.append(AirstripError("way.closed", "the way is closed", cause="A wall.", fix="Open it."))
        raise answers.pop(0)

    client = AirflowClient(
        "http://localhost:1",
        "a",
        "b",
        http=httpx.MockTransport(fail),
        trouble=lambda: told.pop() if told else None,
    )
    for said in (("the way is closed", "A wall.", "Open it."), ("reset", "", "")):
        with pytest.raises(AirflowError) as raised:
            client.log_in()
        assert raised.value.code == "airflow.unreachable"
        assert said[0] in raised.value.message
        assert said[1] in raised.value.cause
        assert said[2] in raised.value.fix
