"""Addresses of databases, as SQLAlchemy reads them: it takes characters in a password that no URL may have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
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


_ADDRESS = re.compile(
    r"(?P<driver>[\w+]+)://"
    r"(?:[^:/]*(?::[^@]*)?@)?"
    r"(?:\[(?P<host6>[^/?]+)\]|(?P<host>[^/:?]+))(?::(?P<port>[0-9]{1,5}))?"
    r"/(?P<name>[^?]+)(?P<options>\?.*)?"
)
"""The rest of that pattern, with a host and a name."""


_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?\.?")
_NAME = re.compile(r"[^/@#\s]+")
"""Whatever else stands there is the end of a password that is not percent-encoded, or a socket's path."""
_PORTS = range(1, 65536)


@dataclass(frozen=True)
class DatabaseAddress:
    """Where a database is; no part of it is a secret. `options` is whatever follows a `?`."""

    driver: str
    host: str
    port: int
    name: str
    options: str = ""


def parse_address(address: str, port: int) -> DatabaseAddress | None:
    """None for what is none, or does not say which database; `port` is the default."""
    found = _ADDRESS.fullmatch(address)
    if found is None or not _NAME.fullmatch(found["name"]):
        return None
    host, at = found["host6"] or found["host"], int(found["port"] or port)
    is_host = ip_of(host) is not None and "%" not in host if found["host6"] else _HOST.fullmatch(host)
    if not is_host or at not in _PORTS:
        return None
    return DatabaseAddress(found["driver"], host, at, found["name"], found["options"] or "")


def ip_of(host: str) -> IPv4Address | IPv6Address | None:
    """None for a name. One of version 4 in one of version 6 is that of version 4."""
    try:
        found = ip_address(host)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
