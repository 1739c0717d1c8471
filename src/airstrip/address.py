"""Addresses of databases, as SQLAlchemy reads them: it takes characters in a password that no URL may have."""

from __future__ import annotations

import re
from urllib.parse import unquote

_LOGIN = re.compile(r"[\w+]+://[^:/]*:([^@]*)@")
"""The beginning of the pattern in sqlalchemy.engine.url: of a password, only `@` must be written as in a URL."""


def written_password(address: str) -> str:
    """As it stands there; empty where there is none, or where it is no address."""
    found = _LOGIN.match(address)
    return found[1] if found else ""


def password_in(address: str) -> str:
    """As whoever it is for knows it."""
    return unquote(written_password(address))
