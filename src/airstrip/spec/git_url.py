"""Addresses of git repositories, as git writes them: https, ssh, and `user@host:path`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_URL = re.compile(
    r"(?P<scheme>https|ssh)://(?:(?P<user>[^/@\s:]*)(?P<colon>:[^/@\s]*)?@)?"
    r"(?P<host>[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(?P<port>\d{1,5}))?/(?P<path>[^\s?#]+)"
)
_SHORT = re.compile(r"(?:(?P<user>[^/@\s:]+)@)?(?P<host>[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?):(?P<path>[^\s:?#]+)")
_PORTS = {"https": 443, "ssh": 22}


@dataclass(frozen=True)
class GitUrl:
    """Where a repository is; `holds_secret` where a password or a token stands in the address."""

    scheme: str
    host: str
    port: int
    path: str
    holds_secret: bool = False

    @property
    def is_ssh(self) -> bool:
        return self.scheme == "ssh"

    @property
    def known_as(self) -> str:
        """How the server is named in a known_hosts file."""
        return self.host if self.port == _PORTS["ssh"] else f"[{self.host}]:{self.port}"


def parse_git_url(text: str) -> GitUrl | None:
    """None for what is no address that pods could take DAGs from."""
    if found := _URL.fullmatch(text):
        scheme = found["scheme"]
        port = int(found["port"] or _PORTS[scheme])
        # A user alone is a token too where there is no password to come: https://TOKEN@host.
        secret = found["colon"] is not None or (scheme == "https" and bool(found["user"]))
        return GitUrl(scheme, found["host"], port, found["path"], secret) if 0 < port < 65536 else None
    if found := _SHORT.fullmatch(text):
        # `host:/path` is absolute; `host://path` would be a scheme.
        return None if found["path"].startswith("//") else GitUrl("ssh", found["host"], _PORTS["ssh"], found["path"])
    return None
