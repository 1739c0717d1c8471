"""What `verify` concludes of variables and connections, with a secrets backend and without one."""

from __future__ import annotations

from typing import Any

import pytest

from airstrip.operations.properties import tasks
from tests.unit.operations.seen import Seen


def test_a_value_that_another_key_decrypts_is_named() -> None:
    outcome = tasks.secrets(Seen(returned_by={"values": {"variable": "v", "password": "other"}}).scene())

    assert outcome.state == "failed"
    assert "password" in outcome.text
    assert "variable" not in outcome.text


VALUES = {"values": {"variable": "v", "password": "p"}}
UNREAD = "2026-11-21T12:00:00Z ERROR Unable to retrieve variable from secrets backend (VaultBackend). Checking"


@pytest.mark.parametrize(
    ("config", "backend"),
    [
        ({"secrets": {"backend": "a.Vault"}}, "a.Vault"),
        ({"workers": {"secrets_backend": "a.Store"}, "secrets": {"backend": "a.Vault"}}, "a.Store"),
    ],
)
def test_of_a_secrets_backend_nothing_is_proved_and_that_is_said(config: Any, backend: str) -> None:
    outcome = tasks.secrets(Seen(returned_by=VALUES, config=config).scene())
    assert (outcome.state, "Airflow's own tables" in outcome.text) == ("not-applicable", True)
    assert outcome.text.startswith(f"{backend} is asked first")


def test_a_secrets_backend_that_tasks_cannot_ask_has_failed() -> None:
    """Airflow logs it and goes on: the values come all the same."""
    seen = Seen(returned_by=VALUES, logged={"values": ["begin", UNREAD]}, config={"secrets": {"backend": "a.Vault"}})
    outcome = tasks.secrets(seen.scene())
    assert (outcome.state, "a.Vault" in outcome.text) == ("failed", True)
    assert outcome.finding is not None
    assert outcome.finding.evidence == UNREAD


@pytest.mark.parametrize(
    ("names", "answers", "state", "limits"),
    [
        ({"variable": "v", "connection": "c"}, {"variable": "something", "connection": "something"}, "proved", 0),
        ({"variable": "v"}, {"variable": "something"}, "proved", 1),
        ({"variable": "v", "connection": "c"}, {"variable": "something", "connection": "nothing"}, "failed", 0),
        ({"connection": "c"}, {"connection": "ClientError"}, "failed", 0),
        ({"variable": "v"}, {"variable": "no backend"}, "failed", 0),
        ({"variable": "v"}, {}, "failed", 0),
    ],
)
def test_a_secrets_backend_is_proved_by_what_it_should_hold(
    names: dict[str, str], answers: dict[str, str], state: str, limits: int
) -> None:
    returned = {"values": {**VALUES["values"], "held": answers}}
    outcome = tasks.secrets(Seen(returned_by=returned, config={"secrets": {"backend": "a.Vault"}}, held=names).scene())
    assert (outcome.state, len(outcome.limits)) == (state, limits)
    assert "a.Vault" in outcome.text
    if outcome.finding:
        kind = [*names][-1]
        assert outcome.finding.evidence == f"{kind} {names[kind]}: {answers.get(kind)}"


def test_without_a_secrets_backend_airflow_s_own_tables_are_all_that_there_is() -> None:
    outcome = tasks.secrets(Seen(returned_by=VALUES).scene())
    assert (outcome.state, outcome.limits) == ("proved", ())
