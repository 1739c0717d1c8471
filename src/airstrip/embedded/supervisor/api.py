"""As much of a Kubernetes client as the node itself needs: JSON over TLS with a client certificate."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

Object = dict[str, Any]


class ApiError(Exception):
    """The API server refused. `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


@dataclass(frozen=True)
class Api:
    """Where the API server is and who asks. `ca`, `certificate` and `key` are PEM files."""

    url: str
    ca: str
    certificate: str
    key: str

    def request(self, method: str, path: str, body: Object | None = None, kind: str = "application/json") -> Object:
        """Sends one request and returns the answer. Raises ApiError and OSError."""
        payload = None if body is None else json.dumps(body).encode()
        with self._connected(timeout=10.0) as connection:
            connection.request(method, path, payload, {"Content-Type": kind, "Accept": "application/json"})
            return _parse(connection.getresponse())

    def apply(self, path: str, body: Object, manager: str) -> Object:
        """Server-side apply of one object at its own path."""
        query = urlencode({"fieldManager": manager, "force": "true"})
        return self.request("PATCH", f"{path}?{query}", body, "application/apply-patch+yaml")

    def watch(self, path: str, version: str, seconds: int) -> Iterator[Object]:
        """Events after `version`, until the server ends the watch after `seconds`. Raises ApiError and OSError."""
        query = urlencode({"watch": "true", "resourceVersion": version, "timeoutSeconds": seconds})
        with self._connected(timeout=seconds + 30.0) as connection:
            connection.request("GET", f"{path}?{query}", headers={"Accept": "application/json"})
            response = connection.getresponse()
            if response.status != 200:
                _parse(response)
            while line := response.readline():
                yield json.loads(line)

    @contextmanager
    def _connected(self, timeout: float) -> Iterator[http.client.HTTPConnection]:
        """An answer that is cut off, as by a server that ends, is an OSError like no answer at all."""
        connection = self._connect(timeout)
        try:
            yield connection
        except (http.client.HTTPException, json.JSONDecodeError) as error:
            raise OSError(f"the API server's answer is none: {error!r}") from error
        finally:
            connection.close()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        context = ssl.create_default_context(cafile=self.ca)
        context.load_cert_chain(self.certificate, self.key)
        return http.client.HTTPSConnection(urlsplit(self.url).netloc, timeout=timeout, context=context)


def _parse(response: http.client.HTTPResponse) -> Object:
    text = response.read()
    document: Object = json.loads(text) if text.startswith(b"{") else {"message": text.decode(errors="replace")}
    if response.status >= 300:
        raise ApiError(response.status, str(document.get("message", "")))
    return document
