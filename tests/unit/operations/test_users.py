"""What the verbs of `users`, and those that speak of `admin`, do with Airflow's answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirstripError, NodeError
from airstrip.events import Event, StepStarted, event_to_dict
from airstrip.manifests import ADMIN_SECRET
from airstrip.operations import (
    Session,
    add_user,
    delete_user,
    list_users,
    open_url,
    read_password,
    reset_password,
    set_role,
)

PASSWORDS = {"airstrip": "hunter2", "admin": "first"}


@dataclass
class Airflow:
    """Accounts with their roles and passwords, behind FAB's API; like FAB, it minds no capital letters."""

    roles: dict[str, str] = field(default_factory=lambda: dict.fromkeys(PASSWORDS, "Admin"))
    passwords: dict[str, str] = field(default_factory=lambda: dict(PASSWORDS))
    is_up: bool = True
    changes: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not self.is_up:
            raise httpx.ConnectError("Connection refused")
        if request.url.path == "/auth/token":
            account = json.loads(request.content)
            good = self.passwords.get(account["username"]) == account["password"]
            return httpx.Response(201, json={"access_token": "t"}) if good else httpx.Response(401)
        name = request.url.path.removeprefix("/auth/fab/v1/users").strip("/").lower()
        if request.method != "GET":
            self.changes.append(request.method)
        return self._answer(request.method, name, json.loads(request.content or b"{}"))

    def _answer(self, method: str, name: str, body: dict[str, Any]) -> httpx.Response:
        if not name and method == "GET":
            return httpx.Response(200, json={"users": [self._user(each) for each in self.roles], "total_entries": 2})
        name = name or body["username"]
        if method == "POST":
            self.roles[name] = ""
        if name not in self.roles:
            return httpx.Response(404, json={"detail": "not found"})
        if method == "DELETE":
            del self.roles[name]
            return httpx.Response(204)
        self.roles[name] = body["roles"][0]["name"] if "roles" in body else self.roles[name]
        self.passwords[name] = body.get("password", self.passwords.get(name, ""))
        return httpx.Response(200, json=self._user(name))

    def _user(self, name: str) -> dict[str, Any]:
        row = {"username": name, "email": f"{name}@localhost", "first_name": name, "last_name": "-"}
        return {**row, "roles": [{"name": self.roles[name]}], "active": True}

    def session(self) -> Session:
        spec, platform = (
            SimpleNamespace(name="mine"),
            SimpleNamespace(base_url="http://localhost:8080", is_forwarded=False),
        )
        session = _Session(cast(Any, spec), cast(Any, None))
        session.__dict__ |= {"platform": platform, "stand_in": self}
        return session


class _Session(Session):
    def airflow_as(self, account: Any, timeout: float = 30.0) -> AirflowClient:
        http = httpx.MockTransport(self.__dict__["stand_in"])
        return AirflowClient("http://localhost:8080", account["username"], account["password"], http=http)

    def read_secret(self, name: str) -> dict[str, str]:
        username = "admin" if name == ADMIN_SECRET else "airstrip"
        return {"username": username, "password": PASSWORDS[username]}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airstrip.airflow_api.transport.time.sleep", lambda seconds: None)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(AirstripError) as raised:
        call()
    return raised.value.code


def nobody(_: Event) -> None:
    pass


def test_the_list_marks_the_command_line_s_own() -> None:
    users = list_users(Airflow().session()).data["users"]
    assert [(user["username"], user["own"]) for user in users] == [("airstrip", True), ("admin", False)]


def test_an_account_is_made_with_what_airflow_wants() -> None:
    airflow, events = Airflow(), list[Event]()
    made = add_user(airflow.session(), "ada", "correct horse", events.append)
    assert (made.data["username"], made.data["roles"]) == ("ada", ["Viewer"])
    assert airflow.passwords["ada"] == "correct horse"
    assert isinstance(events[0], StepStarted)
    assert "correct horse" not in json.dumps([made.to_document(), *map(event_to_dict, events)])


def test_a_generated_password_is_told_and_is_the_one() -> None:
    airflow, events = Airflow(), list[Event]()
    first = add_user(airflow.session(), "ada", None, events.append).data["password"]
    assert len(first) >= 20
    assert airflow.passwords["ada"] == first
    second = reset_password(airflow.session(), "ada", None, events.append).data["password"]
    assert airflow.passwords["ada"] == second != first
    assert first not in str(events)
    assert second not in str(events)


def test_an_empty_password_is_refused() -> None:
    airflow = Airflow()
    assert code_of(lambda: add_user(airflow.session(), "ada", "", nobody)) == "users.empty-password"
    assert code_of(lambda: reset_password(airflow.session(), "admin", "", nobody)) == "users.empty-password"
    assert airflow.changes == []


@pytest.mark.parametrize("name", ["", " ", "a/b", ".", "..", "ada ", "a\nb", "a\x1b[31m"])
def test_a_name_that_is_no_word_is_refused(name: str) -> None:
    airflow = Airflow()
    for call in (
        lambda: add_user(airflow.session(), name, "x", nobody),
        lambda: delete_user(airflow.session(), name, nobody, lambda _: True),
    ):
        assert code_of(call) == "users.bad-name"
    assert airflow.changes == []


@pytest.mark.parametrize("name", ["airstrip", "Airstrip", "AIRSTRIP"])
def test_the_command_line_s_own_account_is_left_alone(name: str) -> None:
    airflow = Airflow()
    for call in (
        lambda: set_role(airflow.session(), name, "Viewer", nobody),
        lambda: reset_password(airflow.session(), name, "x", nobody),
        lambda: delete_user(airflow.session(), name, nobody, lambda _: True),
    ):
        assert code_of(call) == "users.own-account"
    assert airflow.changes == []


def test_a_deletion_is_confirmed_first() -> None:
    airflow, asked = Airflow(), list[str]()
    assert code_of(lambda: delete_user(airflow.session(), "admin", nobody, lambda _: False)) == "users.refused"
    assert airflow.changes == []

    def agree(question: str) -> bool:
        asked.append(question)
        return True

    delete_user(airflow.session(), "admin", nobody, agree)
    assert asked == ["Delete the account admin (Admin) of mine?"]
    assert "admin" not in airflow.roles


def test_a_role_is_set() -> None:
    airflow = Airflow()
    assert set_role(airflow.session(), "admin", "Viewer", nobody).data["roles"] == ["Viewer"]


def test_the_admin_s_password_is_told_while_it_is_one() -> None:
    airflow = Airflow()
    assert read_password(airflow.session()) == "first"
    airflow.passwords["admin"] = "changed in the UI"
    assert code_of(lambda: read_password(airflow.session())) == "users.password-changed"
    del airflow.roles["admin"], airflow.passwords["admin"]
    assert code_of(lambda: read_password(airflow.session())) == "users.no-admin"


def test_an_airflow_that_does_not_answer_does_not_keep_the_password() -> None:
    assert read_password(Airflow(is_up=False).session()) == "first"


def test_open_names_no_admin_that_was_deleted() -> None:
    airflow = Airflow()
    assert open_url(airflow.session()).data["username"] == "admin"
    del airflow.roles["admin"]
    assert open_url(airflow.session()).data["username"] is None
    airflow.is_up = False
    assert open_url(airflow.session()).data["username"] == "admin"


def test_open_tells_who_may_not_ask() -> None:
    """The URL alone would look as if it were theirs."""

    class Strangers(_Session):
        def read_secret(self, name: str) -> dict[str, str]:
            raise NodeError("node.not-yours", name)

    session = Strangers(cast(Any, None), cast(Any, None))
    session.__dict__["platform"] = SimpleNamespace(base_url="http://localhost:8080", is_forwarded=False)
    assert code_of(lambda: open_url(session)) == "node.not-yours"
