"""Where Airflow's UI is, and the admin's password for who asks for it."""

from __future__ import annotations

from airstrip.manifests import ADMIN_SECRET
from airstrip.operations.session import Session
from airstrip.result import Result


def open_url(session: Session) -> Result:
    return Result("open", {"url": session.platform.base_url, "username": "admin"})


def read_password(session: Session) -> str:
    """The password that `admin` was made with."""
    return session.read_secret(ADMIN_SECRET)["password"]
