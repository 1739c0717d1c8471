"""Where Airflow's UI is, and the admin's password for who asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from airstrip.answers import OpenData
from airstrip.errors import AirflowError, AirstripError, KubernetesError
from airstrip.events import Emit, Warned
from airstrip.manifests import ADMIN_SECRET
from airstrip.operations.session import Session
from airstrip.result import Result

ADMIN = "admin"


def open_url(session: Session) -> Result[OpenData]:
    """`username` is None where `admin` was deleted."""
    platform, username = session.platform, ADMIN if has_admin(session) else None
    is_forwarded = platform.is_forwarded and session.spec.expose.is_private
    return Result("open", {"url": platform.base_url, "username": username, "forwarded": is_forwarded})


@contextmanager
def forwarded_ui(session: Session, emit: Emit) -> Iterator[str]:
    """The UI's address, which leads to Airflow as long as this lasts. Raises `port.taken`."""
    url = session.platform.base_url

    def tell(error: KubernetesError) -> None:
        emit(Warned(error.code, error.message, error.fix))

    with session.forward_airflow(urlsplit(url).port or 0, tell):
        yield url


def has_admin(session: Session) -> bool:
    """False only where Airflow says that `admin` was deleted: one that does not answer says nothing."""
    try:
        session.airflow.accounts.one(ADMIN)
    # Whoever may not ask, or asks before it is landed, is told so.
    except (AirflowError, KubernetesError) as error:
        return error.code != "airflow.user-not-found"
    return True


def read_password(session: Session) -> str:
    """The password that `admin` was made with.

    Raises where Airflow does not take it any more. One that does not answer cannot be asked.
    """
    account = session.read_secret(ADMIN_SECRET)
    client = session.airflow_as(account)
    try:
        client.log_in()
    except AirflowError as error:
        if error.code == "airflow.login-refused":
            raise _refused(session) from error
    finally:
        client.close()
    return account["password"]


def _refused(session: Session) -> AirstripError:
    if not has_admin(session):
        return AirstripError(
            "users.no-admin",
            "the account admin was deleted, so it has no password",
            cause="`up` does not make it again.",
            fix="Log in with another account, or: ./airstrip users add admin --role Admin --generate",
        )
    return AirstripError(
        "users.password-changed",
        "admin has another password than the one that it was made with",
        cause="Somebody changed it, or made the account inactive. Airflow keeps no password that can be read.",
        fix="Give it a new one: ./airstrip users reset-password admin --generate",
    )
