"""Which addresses a proxy of the environment (HTTPS_PROXY and the like) may be asked for."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def takes_proxy(url: str) -> bool:
    """A port of this machine is another one where the proxy runs."""
    return urlsplit(url).hostname not in _LOOPBACK
