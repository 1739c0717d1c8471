"""Whether a component is ready, seen from inside the node."""

from __future__ import annotations

import http.client
import socket
import ssl
from urllib.parse import urlsplit

from .plan import Probe

_TIMEOUT = 1.0


def ready(probe: Probe) -> bool:
    """True when a socket accepts, or a URL answers with 200."""
    try:
        if probe.kind == "unix":
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(_TIMEOUT)
                client.connect(probe.target)
                return True
        return _answers(probe)
    except (OSError, http.client.HTTPException):
        return False


def _answers(probe: Probe) -> bool:
    url = urlsplit(probe.target)
    connection: http.client.HTTPConnection
    if probe.kind == "https":
        context = ssl.create_default_context(cafile=probe.ca)
        context.load_cert_chain(probe.certificate, probe.key)
        connection = http.client.HTTPSConnection(url.netloc, timeout=_TIMEOUT, context=context)
    else:
        connection = http.client.HTTPConnection(url.netloc, timeout=_TIMEOUT)
    try:
        connection.request("GET", url.path)
        return connection.getresponse().status == 200
    finally:
        connection.close()
