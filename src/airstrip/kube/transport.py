"""HTTP to the API server: credentials, timeouts, retries, and every failure as a KubernetesError."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from airstrip.errors import AirstripError, KubernetesError
from airstrip.kube.kubeconfig import Access
from airstrip.kube.login import login, tls_context
from airstrip.kube.refusals import connection_error, refusal
from airstrip.kube.websocket import WebSocket, upgrade_headers
from airstrip.proxies import takes_proxy

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_ATTEMPTS = 4
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0
_BUSY = frozenset({502, 503, 504})
"""Not 500: the API server answers so for objects that it cannot read, which asking again does not mend."""

_WRITE_SECONDS = 60.0

_NAMESPACE = re.compile(r"/namespaces/([^/]+)")


class Transport:
    """Sends requests to one API server. Can be used by several threads."""

    def __init__(self, access: Access, *, direct: bool = False, http: httpx.BaseTransport | None = None) -> None:
        """`direct`: no proxy of the environment, for a cluster on this machine. `http` stands in for the network."""
        self.access = access
        tls = tls_context(access)
        self._http = httpx.Client(
            base_url=access.server,
            verify=tls,
            auth=login(access, tls),
            proxy=access.proxy_url,
            trust_env=not direct and takes_proxy(access.server),
            timeout=_TIMEOUT,
            transport=http,
            headers={"Accept": "application/json", "User-Agent": "airstrip"},
        )

    def close(self) -> None:
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        action: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        content_type: str = "application/json",
        idempotent: bool = True,
        secret: bool = False,
    ) -> httpx.Response:
        """Sends, and again where that is safe: always when nothing was processed, else if `idempotent`.

        Raises KubernetesError for every answer that is not a success. `action` says in words what
        is tried; `secret` keeps the server's own words, which may quote the object, out of errors.
        """
        headers = {"Content-Type": content_type} if body is not None else {}
        request = self._http.build_request(
            method, path, params=dict(query or {}), content=body, headers=headers, extensions=self._extensions()
        )
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                response = self._http.send(request)
            except httpx.TransportError as error:
                unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                failure = connection_error(error, self.access)
                if last or not (idempotent or unsent) or not may_pass(failure):
                    raise failure from error
                pause = _pause(attempt, None)
            else:
                if response.is_success:
                    return response
                again = response.status_code == 429 or (idempotent and response.status_code in _BUSY)
                if last or not again:
                    raise self._refused(response, action, secret=secret)
                pause = _pause(attempt, response.headers.get("Retry-After"))
            time.sleep(pause)
        raise AssertionError("unreachable")

    @contextmanager
    def stream(self, path: str, action: str, query: Mapping[str, str]) -> Iterator[Iterator[str]]:
        """Lines of an answer without end, such as a followed log. A break in between raises KubernetesError.

        Half a minute's silence is `kubernetes.timeout`: a server that lost its power would be waited for without end.
        """
        try:
            with self._http.stream(
                "GET", path, params=dict(query), timeout=_TIMEOUT, extensions=self._extensions()
            ) as response:
                if not response.is_success:
                    response.read()
                    raise self._refused(response, action, secret=False)
                yield split_lines(response.iter_text())
        except httpx.TransportError as error:
            raise connection_error(error, self.access) from error

    @contextmanager
    def websocket(self, path: str, action: str, query: Sequence[tuple[str, str]], protocol: str) -> Iterator[WebSocket]:
        """A connection for both ways, whose messages are of a protocol. Raises KubernetesError where it is refused."""
        parameters = httpx.QueryParams(list(query))
        headers = upgrade_headers(protocol)
        try:
            with self._http.stream(
                "GET", path, params=parameters, headers=headers, extensions=self._extensions()
            ) as response:
                if response.status_code != httpx.codes.SWITCHING_PROTOCOLS:
                    response.read()
                    raise self._refused(response, action, secret=False)
                socket = WebSocket(response.extensions["network_stream"], _WRITE_SECONDS)
                yield socket
                socket.close()
        except httpx.TransportError as error:
            raise connection_error(error, self.access) from error

    def _extensions(self) -> dict[str, Any]:
        """An API server behind a tunnel has a certificate for another name than its address."""
        name = self.access.tls_server_name
        return {"sni_hostname": name} if name else {}

    def _refused(self, response: httpx.Response, action: str, *, secret: bool) -> KubernetesError:
        try:
            body = response.json()
        except ValueError:
            body = {"message": response.text[:400]}
        if not isinstance(body, dict):
            body = {}
        namespace = _namespace(response.request.url.path)
        return refusal(response.status_code, body, action, self.access, secret=secret, namespace=namespace)


def split_lines(chunks: Iterable[str]) -> Iterator[str]:
    """Lines as Kubernetes ends them. httpx, as str.splitlines, would also end one at a U+2028 or `\\r` in its midst."""
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split("\n")
        yield from lines
    if rest:
        yield rest


def may_pass(error: AirstripError) -> bool:
    """The cluster is not there just now. A certificate does not become good by asking again."""
    return error.code in ("kubernetes.unreachable", "kubernetes.timeout")


def _namespace(path: str) -> str:
    """Empty for what is in none."""
    found = _NAMESPACE.search(path)
    return found[1] if found else ""


def _pause(attempt: int, retry_after: str | None) -> float:
    """Seconds until the next attempt: what the server asks for, else doubling with a little chance."""
    if retry_after and retry_after.isdigit():
        return min(float(retry_after), _LONGEST_PAUSE)
    return _FIRST_PAUSE * 2.0 ** (attempt - 1) * random.uniform(0.8, 1.2)
