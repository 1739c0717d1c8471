"""Requests to one repository of a registry, with whichever login it asks for."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn
from urllib.parse import urlsplit

import httpx

from airstrip.errors import ImageError
from airstrip.images.registry.destination import Destination
from airstrip.images.registry.logins import Login, NoLogin
from airstrip.redaction import without_credentials

Content = Callable[[], Iterator[bytes]]
"""Makes a request's body, anew for each try."""

_TIMEOUT = httpx.Timeout(60.0, connect=15.0)
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_SHOWN = 1000


class RegistrySession:
    """As a context manager it closes its connections at the end."""

    def __init__(self, destination: Destination, login: Login | NoLogin | None) -> None:
        self.destination = destination
        self._login = login if isinstance(login, Login) else None
        self._failed = _told(login.failure) if isinstance(login, NoLogin) else ""
        self._authorization: str | None = None
        self._client = httpx.Client(timeout=_TIMEOUT, trust_env=not destination.is_loopback)

    def __enter__(self) -> RegistrySession:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def repository(self, path: str) -> str:
        """The URL of something of the repository, such as `blobs/uploads/`."""
        return f"{self.destination.base_url}/v2/{self.destination.repository}/{path}"

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
    ) -> httpx.Response:
        """The answer, whatever its status but what is of the login. Raises ImageError, httpx.TransportError."""
        response = self._once(method, url, params, headers, content)
        if response.status_code == 401 and self._is_ours(url):
            self._log_in(response)
            response = self._once(method, url, params, headers, content)
        if response.status_code in (401, 403):
            self._refused(response)
        return response

    def fail(self, response: httpx.Response, what: str) -> NoReturn:
        """Raises what an answer means that was not to come."""
        registry, repository = self.destination.registry, self.destination.repository
        if response.status_code == 404:
            raise ImageError(
                "registry.no-repository",
                f"{registry} has no repository {repository}",
                cause="Some registries want it made before the first push.",
                fix="Make it there, or correct its name; then run this again: what was uploaded is not uploaded again.",
                details=_said(response),
            )
        raise ImageError(
            "registry.refused",
            f"{registry} did not take {what}: HTTP status {response.status_code}",
            cause="The registry's own words stand below: a quota, a limit of size, a rule, or a fault.",
            fix="Mend what they name, then run this again: what was uploaded is not uploaded again.",
            details=_said(response),
        )

    def _once(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        content: Content | None,
    ) -> httpx.Response:
        # What stores blobs for a registry signs its URLs: it gets no login of ours.
        own = {"Authorization": self._authorization} if self._authorization and self._is_ours(url) else {}
        merged = httpx.URL(url).copy_merge_params(dict(params or {}))
        body = content() if content else None
        response = self._client.request(method, merged, headers={**(headers or {}), **own}, content=body)
        for _ in range(3):
            if method != "HEAD" or not response.has_redirect_location:
                break
            response = self._client.send(response.next_request) if response.next_request else response
        return response

    def _is_ours(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self.destination.base_url)[:2]

    def _log_in(self, response: httpx.Response) -> None:
        scheme, _, rest = response.headers.get("WWW-Authenticate", "").partition(" ")
        parameters = dict(_PARAMETER.findall(rest))
        if scheme.lower() == "basic" and self._login:
            pair = f"{self._login.username}:{self._login.secret}".encode()
            self._authorization = f"Basic {base64.b64encode(pair).decode()}"
        elif scheme.lower() == "bearer" and "realm" in parameters:
            self._authorization = f"Bearer {self._token(parameters)}"
        else:
            self._refused(response)

    def _token(self, parameters: Mapping[str, str]) -> str:
        """Of the server that the registry names, for what it says is needed."""
        realm = parameters["realm"]
        if not realm.startswith("https://") and not self.destination.is_loopback:
            raise ImageError(
                "registry.token-without-tls",
                f"{self.destination.registry} wants the login at {realm}, without TLS",
                cause="Whoever listens on the way would have it.",
                fix="Have the registry's token server behind https.",
            )
        wanted = {"service": parameters.get("service", ""), "client_id": "airstrip"}
        scopes = parameters.get("scope") or f"repository:{self.destination.repository}:pull,push"
        if self._login and self._login.is_identity:
            form = {**wanted, "scope": scopes, "grant_type": "refresh_token", "refresh_token": self._login.secret}
            response = self._client.post(realm, data=form)
        else:
            auth = (self._login.username, self._login.secret) if self._login else None
            response = self._client.get(realm, params={**wanted, "scope": scopes.split(" ")}, auth=auth)
        if response.status_code != 200:
            self._refused(response)
        answer = response.json()
        return str(answer.get("token") or answer.get("access_token"))

    def _refused(self, response: httpx.Response) -> NoReturn:
        registry = self.destination.registry
        who = f"as {self._login.username}, by {self._login.origin}" if self._login else "without a login"
        raise ImageError(
            "registry.login-refused",
            f"{registry} lets nobody push to {self.destination.repository} {who}",
            cause="The login is wrong, or has run out, or may not write there."
            if self._login
            else f"Docker's configuration has no login for {registry}, and none was named.",
            fix=f"docker login {registry}; or name one: --username NAME --password env:NAME, file:PATH or k8s:NAME/KEY",
            details="\n".join(filter(None, [self._failed, _said(response)])),
        )


def _said(response: httpx.Response) -> str:
    return without_credentials(response.text[:_SHOWN].strip())


def _told(failure: ImageError) -> str:
    return "\n".join(filter(None, [f"{failure.message}:", failure.details, failure.fix]))
