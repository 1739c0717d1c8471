"""What the verbs of `users` answer, as text. A generated password stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airstrip.cli.tables import columns

_MADE_AGAIN = "`up` does not make it again; ./airstrip users add admin --role Admin does."


def present_list(data: Mapping[str, Any]) -> list[str]:
    users = data["users"]
    rows = [
        (str(user["username"]), _roles(user), _last_login(user["lastLogin"]), ", ".join(_remarks(user)))
        for user in users
    ]
    return [f"{data['name']}: {len(users)} account{'s' if len(users) != 1 else ''}", *columns(rows)]


def _roles(user: Mapping[str, Any]) -> str:
    return ", ".join(user["roles"]) or "no role"


def _last_login(at: str | None) -> str:
    return f"last log-in {at[:16].replace('T', ' ')}" if at else "never logged in"


def _remarks(user: Mapping[str, Any]) -> list[str]:
    return [*([] if user["active"] else ["inactive"]), *(["Airstrip's own"] if user["own"] else [])]


def present_added(data: Mapping[str, Any]) -> list[str]:
    return _password(data) or [f"{data['username']} is there, with the role {_roles(data)}."]


def present_role(data: Mapping[str, Any]) -> list[str]:
    return [f"{data['username']} has the role {_roles(data)}."]


def present_password(data: Mapping[str, Any]) -> list[str]:
    return _password(data) or [f"{data['username']} has a new password, and is logged out everywhere."]


def _password(data: Mapping[str, Any]) -> list[str]:
    return [str(data["password"])] if "password" in data else []


def present_deleted(data: Mapping[str, Any]) -> list[str]:
    name = str(data["username"])
    return [f"The account {name} is deleted.", *([_MADE_AGAIN] if name == "admin" else [])]
