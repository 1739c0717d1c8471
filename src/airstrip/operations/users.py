"""Airflow's accounts. The one that the command line itself logs in as is left alone.

A password is in a request's body and, where it was generated, in the Result; nowhere else.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from airstrip.airflow_api import User
from airstrip.answers import DeletedUserData, UserData, UsersData
from airstrip.errors import AirstripError, UsageError
from airstrip.events import Emit, step
from airstrip.operations.session import Session
from airstrip.result import Result

DEFAULT_ROLE = "Viewer"
_GENERATED_BYTES = 15


def list_users(session: Session) -> Result[UsersData]:
    """All accounts by name; `own` is the command line's."""
    users = [_to_dict(session, user) for user in session.airflow.accounts.all()]
    return Result("users list", {"name": session.spec.name, "users": users})


def add_user(
    session: Session,
    username: str,
    password: str | None,
    emit: Emit,
    *,
    role: str = DEFAULT_ROLE,
    email: str = "",
    first_name: str = "",
    last_name: str = "",
) -> Result[UserData]:
    """Makes an account. Without a password, one is generated and stands in `data`."""
    _check_name(username)
    chosen = _chosen(password)
    with step(emit, "users.add", f"Add the account {username}"):
        user = session.airflow.accounts.add(
            username,
            chosen,
            role,
            email=email or f"{username}@localhost",
            first_name=first_name or username,
            # Airflow wants both.
            last_name=last_name or "-",
        )
    return Result("users add", _told(_to_dict(session, user), password, chosen))


def set_role(session: Session, username: str, role: str, emit: Emit) -> Result[UserData]:
    """Makes it the account's only role."""
    user = _others(session, username)
    with step(emit, "users.set-role", f"Give {user.username} the role {role}"):
        changed = session.airflow.accounts.set_role(user.username, role)
    return Result("users set-role", _to_dict(session, changed))


def reset_password(session: Session, username: str, password: str | None, emit: Emit) -> Result[UserData]:
    """Ends the account's sessions too. Without a password, one is generated and stands in `data`."""
    chosen = _chosen(password)
    user = _others(session, username)
    with step(emit, "users.reset-password", f"Give {user.username} a new password"):
        changed = session.airflow.accounts.set_password(user.username, chosen)
    return Result("users reset-password", _told(_to_dict(session, changed), password, chosen))


def delete_user(session: Session, username: str, emit: Emit, confirm: Callable[[str], bool]) -> Result[DeletedUserData]:
    """Deletes an account once `confirm` agrees; what it did in Airflow stays."""
    user = _others(session, username)
    roles = ", ".join(user.roles) or "no role"
    if not confirm(f"Delete the account {user.username} ({roles}) of {session.spec.name}?"):
        raise AirstripError("users.refused", "nothing was deleted")
    with step(emit, "users.delete", f"Delete the account {user.username}"):
        session.airflow.accounts.delete(user.username)
    return Result("users delete", {"username": user.username})


def _others(session: Session, username: str) -> User:
    """The account as Airflow names it, which minds no capital letters; raises for the command line's own."""
    _check_name(username)
    user = session.airflow.accounts.one(username)
    if user.username == session.airflow.username:
        raise AirstripError(
            "users.own-account",
            f"the account {user.username} cannot be changed or deleted",
            cause="This command line logs in to Airflow with it, as Admin, with a password that only its Secret has.",
            fix="Leave it as it is; for people there are other accounts: ./airstrip users add NAME",
        )
    return user


def _check_name(username: str) -> None:
    """A name is a part of a URL's path, and a line of a list."""
    is_word = username and username == username.strip() and username.isprintable()
    if not is_word or "/" in username or username in (".", ".."):
        raise UsageError(
            "users.bad-name",
            "an account's name is a word without slashes or control characters",
            fix="For example: ada, or ada@example.com. Another one that is there already is changed in the UI.",
        )


def _chosen(password: str | None) -> str:
    if password is None:
        return secrets.token_urlsafe(_GENERATED_BYTES)
    if not password:
        raise UsageError("users.empty-password", "the password is empty", fix="Give one, or add --generate.")
    return password


def _told(user: UserData, password: str | None, chosen: str) -> UserData:
    """Only what nobody knows yet is told."""
    return {**user, "password": chosen} if password is None else user


def _to_dict(session: Session, user: User) -> UserData:
    return {
        "username": user.username,
        "roles": list(user.roles),
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "active": user.active,
        "lastLogin": user.last_login,
        "own": user.username == session.airflow.username,
    }
