"""Accounts by FAB's own API, in the shapes that its version 3.9.0 answered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirflowError
from tests.unit.airflow_api.test_client import Airflow, ok

USERS = "/auth/fab/v1/users"
ADA = {
    "username": "ada",
    "email": "ada@localhost",
    "first_name": "ada",
    "last_name": "-",
    "roles": [{"name": "Viewer"}],
    "active": True,
    "last_login": None,
    "login_count": None,
}
ROLES = ok({"roles": [{"name": name, "actions": []} for name in ("Viewer", "Admin")], "total_entries": 2})
ALL = ok({"users": [ADA], "total_entries": 1})
SECRET = "correct horse"


def refused(call: Callable[[], object]) -> AirflowError:
    with pytest.raises(AirflowError) as raised:
        call()
    assert SECRET not in str(raised.value.to_dict())
    assert raised.value.cause
    assert raised.value.fix
    return raised.value


def add(client: AirflowClient, role: str = "Viewer") -> Any:
    return client.accounts.add("ada", SECRET, role, email="ada@localhost", first_name="ada", last_name="-")


def test_accounts_are_listed() -> None:
    (user,) = Airflow(**{USERS: ALL}).client().accounts.all()
    assert (user.username, user.roles, user.active, user.last_login) == ("ada", ("Viewer",), True, None)


def test_an_account_is_made_with_one_role() -> None:
    airflow = Airflow(**{USERS: ok(ADA)})
    assert add(airflow.client()).username == "ada"
    sent = airflow.asked[-1]
    assert sent.method == "POST"
    assert json.loads(sent.content) == {
        "username": "ada",
        "password": SECRET,
        "roles": [{"name": "Viewer"}],
        "email": "ada@localhost",
        "first_name": "ada",
        "last_name": "-",
    }


def test_only_the_field_that_changes_is_sent() -> None:
    airflow = Airflow(**{f"{USERS}/ada": ok(ADA)})
    client = airflow.client()
    client.accounts.set_role("ada", "Op")
    client.accounts.set_password("ada", SECRET)
    role, password = airflow.asked[1:]
    assert role.method == password.method == "PATCH"
    assert (role.url.params["update_mask"], password.url.params["update_mask"]) == ("roles", "password")
    assert json.loads(role.content) == {"roles": [{"name": "Op"}]}
    assert json.loads(password.content) == {"password": SECRET}


def test_a_deletion_s_answer_has_no_body() -> None:
    airflow = Airflow(**{f"{USERS}/ada": httpx.Response(204)})
    airflow.client().accounts.delete("ada")
    assert airflow.asked[-1].method == "DELETE"


@pytest.mark.parametrize(
    "change",
    [
        lambda client: client.accounts.one("adda"),
        lambda client: client.accounts.set_role("adda", "Op"),
        lambda client: client.accounts.set_password("adda", SECRET),
        lambda client: client.accounts.delete("adda"),
    ],
)
def test_an_unknown_account_is_answered_with_the_names_that_are_near(change: Callable[[AirflowClient], object]) -> None:
    error = refused(lambda: change(Airflow(**{USERS: ALL}).client()))
    assert (error.code, error.cause) == ("airflow.user-not-found", "Did you mean ada?")


def test_an_airflow_without_this_api_is_not_one_without_the_account() -> None:
    assert refused(lambda: Airflow().client().accounts.one("admin")).code == "airflow.not-found"


def test_a_name_that_is_taken() -> None:
    answer = httpx.Response(409, json={"detail": "Username `ada` already exists. Use PATCH to update."})
    error = refused(lambda: add(Airflow(**{USERS: answer}).client()))
    assert error.code == "airflow.user-exists"
    assert "already exists" in error.details


def test_an_unknown_role_is_answered_with_those_that_there_are() -> None:
    answer = httpx.Response(400, json={"detail": "Unknown roles: 'viewer'"})
    airflow = Airflow(**{USERS: answer, f"{USERS}/ada": answer, "/auth/fab/v1/roles": ROLES})
    for change in (
        lambda: add(airflow.client(), "viewer"),
        lambda: airflow.client().accounts.set_role("ada", "viewer"),
    ):
        error = refused(change)
        assert (error.code, error.cause) == ("airflow.role-not-found", "There are: Admin, Viewer.")
    assert refused(lambda: add(airflow.client(), "Viewer")).code == "airflow.refused"


def test_a_field_that_airflow_refuses_is_named_without_its_value() -> None:
    wrong = {"loc": ["body", "password"], "msg": "too short", "input": SECRET}
    error = refused(lambda: add(Airflow(**{USERS: httpx.Response(422, json={"detail": [wrong]})}).client()))
    assert "body.password: too short" in error.message


def test_a_log_in_alone() -> None:
    airflow = Airflow()
    airflow.client().log_in()
    assert airflow.logins == 1
    assert refused(airflow.client("wrong").log_in).code == "airflow.login-refused"
