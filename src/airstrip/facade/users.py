"""The facade's verbs for Airflow's accounts."""

from __future__ import annotations

from airstrip import operations
from airstrip.answers import DeletedUserData, UserData, UsersData
from airstrip.events import Emit, discard
from airstrip.operations.users import DEFAULT_ROLE
from airstrip.result import Result
from airstrip.targets.target import Confirm, agree


class Users:
    """Of every `Deployment`."""

    _session: operations.Session

    def users(self) -> Result[UsersData]:
        """Airflow's accounts."""
        return operations.list_users(self._session)

    def add_user(
        self,
        username: str,
        password: str | None = None,
        emit: Emit = discard,
        *,
        role: str = DEFAULT_ROLE,
        email: str = "",
        first_name: str = "",
        last_name: str = "",
    ) -> Result[UserData]:
        """Makes an account. Without a password, one is generated: `data["password"]`."""
        return operations.add_user(
            self._session,
            username,
            password,
            emit,
            role=role,
            email=email,
            first_name=first_name,
            last_name=last_name,
        )

    def set_role(self, username: str, role: str, emit: Emit = discard) -> Result[UserData]:
        """Makes it the account's only role."""
        return operations.set_role(self._session, username, role, emit)

    def reset_password(self, username: str, password: str | None = None, emit: Emit = discard) -> Result[UserData]:
        """Without a password, one is generated: `data["password"]`."""
        return operations.reset_password(self._session, username, password, emit)

    def delete_user(self, username: str, emit: Emit = discard, confirm: Confirm = agree) -> Result[DeletedUserData]:
        """Deletes an account, once `confirm` agrees. `up` does not make a deleted `admin` again."""
        return operations.delete_user(self._session, username, emit, confirm)
