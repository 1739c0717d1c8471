"""Airflow's accounts and roles, as its FAB auth manager keeps them."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TypeVar

from airstrip.airflow_api.answers import found, pages, part
from airstrip.airflow_api.models import User
from airstrip.airflow_api.refusals import no_role, user_exists
from airstrip.airflow_api.transport import Transport
from airstrip.errors import AirflowError

_USERS = "/auth/fab/v1/users"
_ROLES = "/auth/fab/v1/roles"
_Answer = TypeVar("_Answer")


class Accounts:
    """Through one account's access. Every failure is an AirflowError."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def all(self) -> tuple[User, ...]:
        """All accounts, by name."""
        return tuple(User.parse(row) for row in pages(self._transport, _USERS, "users", {"order_by": "username"}))

    def one(self, username: str) -> User:
        """Airflow does not mind capital letters in a name. Raises `airflow.user-not-found`."""
        return User.parse(found(lambda: self._transport.get(_user_path(username)), lambda: self._no_user(username)))

    def roles(self) -> tuple[str, ...]:
        """The names of all roles, in order."""
        return tuple(sorted(row["name"] for row in pages(self._transport, _ROLES, "roles", {})))

    def add(self, username: str, password: str, role: str, *, email: str, first_name: str, last_name: str) -> User:
        """Raises `airflow.user-exists` where the name or the address is taken, `airflow.role-not-found`."""
        body = {
            "username": username,
            "password": password,
            "roles": [{"name": role}],
            "email": email,
            "first_name": first_name,
            "last_name": last_name,
        }
        try:
            return User.parse(self._with_role(role, lambda: self._transport.send("POST", _USERS, body=body)))
        except AirflowError as error:
            if error.code != "airflow.conflict":
                raise
            raise user_exists(username, error) from error

    def set_role(self, username: str, role: str) -> User:
        """Makes it the account's only role. Raises `airflow.user-not-found`, `airflow.role-not-found`."""
        return self._with_role(role, lambda: self._change(username, "roles", [{"name": role}]))

    def set_password(self, username: str, password: str) -> User:
        """Ends the account's sessions too. Raises `airflow.user-not-found`."""
        return self._change(username, "password", password)

    def delete(self, username: str) -> None:
        """Raises `airflow.user-not-found`."""
        path = _user_path(username)
        found(lambda: self._transport.send("DELETE", path), lambda: self._no_user(username))

    def _change(self, username: str, field: str, value: object) -> User:
        path, query = _user_path(username), {"update_mask": field}
        return User.parse(
            found(
                lambda: self._transport.send("PATCH", path, query=query, body={field: value}),
                lambda: self._no_user(username),
            )
        )

    def _with_role(self, role: str, change: Callable[[], _Answer]) -> _Answer:
        """What `change` answers. Airflow's refusal of a role is one like any other: only its roles tell."""
        try:
            return change()
        except AirflowError as error:
            if error.status != 400 or role in (known := self.roles()):
                raise
            raise no_role(role, known) from error

    def _no_user(self, username: str) -> AirflowError:
        known = [user.username for user in self.all()]
        near = difflib.get_close_matches(username, known, n=3)
        return AirflowError(
            "airflow.user-not-found",
            f"Airflow has no account {username}",
            cause=f"Did you mean {' or '.join(near)}?" if near else "It was deleted, or the name is not right.",
            fix="See all accounts: ./airstrip users list",
            status=404,
        )


def _user_path(username: str) -> str:
    return f"{_USERS}/{part(username)}"
