"""HTTP to Airflow's API server: log-in, one refresh of the token, and every failure as an AirflowError."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import httpx

from airstrip.airflow_api.health import HEALTH, database_state
from airstrip.airflow_api.refusals import may_pass
from airstrip.airflow_api.way import UNREACHABLE, Trouble, no_trouble, unreachable
from airstrip.errors import AirflowError
from airstrip.proxies import takes_proxy

_UNAVAILABLE = frozenset({500, 502, 503, 504})
_NO_LOGIN = frozenset({400, 401, 403, 422})
_PAUSES = (0.2, 0.5)

_Answer = TypeVar("_Answer")
Query = Mapping[str, str | int | tuple[str, ...]]
"""Of a URL; a name with several values stands there several times."""


class Transport:
    """Sends requests as one account. The password and the token are in no error and no representation."""

    def __init__(
        self,
        base_url: str,
        username: str,
        password: str,
        timeout: float,
        http: httpx.BaseTransport | None = None,
        restart: str = "",
        trouble: Trouble = no_trouble,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """`http` stands in for the network; `restart` is the command that starts an API server anew that hangs.

        `trust` holds the authorities that its certificate may be of; without it those of the system.
        """
        self._restart, self._trouble = restart, trouble
        self.base_url = base_url.rstrip("/")
        self.username = username
        self._password = password
        self._token: str | None = None
        self._http = httpx.Client(
            base_url=self.base_url,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
            trust_env=takes_proxy(base_url),
            verify=trust or True,
            transport=http,
            headers={"Accept": "application/json", "User-Agent": "airstrip"},
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, query: Query | None = None) -> dict[str, Any]:
        """An answer's JSON object. Tried again a moment later where Airflow is not there just now."""
        return _patiently(lambda: self.send("GET", path, query=query))

    def ask(self, path: str) -> tuple[dict[str, Any], str]:
        """An answer to whoever asks, without a log-in: its JSON object, and the time that the server has."""
        return _patiently(lambda: self._ask(path))

    def _ask(self, path: str) -> tuple[dict[str, Any], str]:
        response = self._request("GET", path, None, None, None)
        if response.status_code == 404:
            raise self._not_airflow(response)
        if not response.is_success:
            raise self._refused(response, "GET", path)
        return self._object(response), response.headers.get("date", "")

    def send(self, method: str, path: str, *, query: Query | None = None, body: object = None) -> dict[str, Any]:
        """One request, signed; raises AirflowError with the HTTP status for every answer that is not a success.

        A success without a body is an empty object.
        """
        used = self._token or self.log_in()
        response = self._request(method, path, query, body, used)
        if _token_is_refused(response):
            response = self._request(method, path, query, body, self.log_in())
        # Some answer with a null where others have no body.
        if response.status_code == 204 or (response.is_success and response.content == b"null"):
            return {}
        if response.is_success:
            return self._object(response)
        raise self._refused(response, method, path)

    def log_in(self) -> str:
        """Fetches a token, which the next requests are signed with."""
        response = self._ask_for_token()
        if response.status_code in _NO_LOGIN:
            # Airflow refuses whom it cannot look up, too: only with a database that answers is it meant.
            self._require_database()
            response = self._ask_for_token()
        if response.status_code in _NO_LOGIN:
            raise AirflowError(
                "airflow.login-refused",
                f"Airflow at {self.base_url} refuses the account {self.username}",
                cause="Its password was changed in Airflow, or the account was deleted.",
                fix="Run: ./airstrip down; ./airstrip up   (data stays, and the account gets its password again)",
                status=response.status_code,
            )
        if response.status_code == 404:
            raise self._not_airflow(response)
        if not response.is_success:
            raise self._refused(response, "POST", "/auth/token")
        token = self._object(response).get("access_token")
        if not isinstance(token, str):
            raise self._not_airflow(response)
        self._token = token
        return token

    def _ask_for_token(self) -> httpx.Response:
        account = {"username": self.username, "password": self._password}
        return self._request("POST", "/auth/token", None, account, None)

    def _require_database(self) -> None:
        """Raises AirflowError where Airflow itself says that it does not reach its database."""
        response = self._request("GET", HEALTH, None, None, None)
        if response.is_success and database_state(self._object(response)) == "unhealthy":
            raise AirflowError(
                "airflow.unavailable",
                f"Airflow at {self.base_url} does not reach its database",
                cause="The database is not running, is starting, or the way to it is closed.",
                fix="See which of them, of ours or of the one that database.url names: ./airstrip doctor",
            )

    def read_lines(self, path: str, query: Query, read: Callable[[Iterator[bytes]], _Answer], *, most: int) -> _Answer:
        """What `read` makes of a log's lines, each a JSON document, as they come.

        Raises `airflow.log-too-long` when they are more than `most` bytes.
        """
        return _patiently(lambda: self._read_lines(path, query, read, most))

    def _read_lines(
        self, path: str, query: Query, read: Callable[[Iterator[bytes]], _Answer], most: int, *, again: bool = True
    ) -> _Answer:
        headers = {"Authorization": f"Bearer {self._token or self.log_in()}", "Accept": "application/x-ndjson"}
        response: httpx.Response | None = None
        self._trouble()
        try:
            with self._http.stream("GET", path, params=query, headers=headers) as response:
                if response.is_success:
                    return read(_lines(response, most))
                response.read()
        except httpx.TransportError as error:
            begun = response is not None and isinstance(error, httpx.RemoteProtocolError)
            raise (_broken_off() if begun else self._unreachable(error)) from error
        except (ValueError, RecursionError) as error:
            raise self._not_airflow(response) from error
        if again and _token_is_refused(response):
            self.log_in()
            return self._read_lines(path, query, read, most, again=False)
        raise self._refused(response, "GET", path)

    def _request(self, method: str, path: str, query: Query | None, body: object, token: str | None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # What was told before is no cause of what comes.
        self._trouble()
        try:
            return self._http.request(method, path, params=query, json=body, headers=headers)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: httpx.TransportError) -> AirflowError:
        slow = isinstance(error, httpx.ReadTimeout)
        reason = "it took too long to answer" if slow else str(error).strip() or type(error).__name__
        if (said := self._trouble()) is not None:
            symptom = unreachable(said.message, "", self.base_url).symptom
            return AirflowError(UNREACHABLE.code, symptom, cause=said.cause, fix=said.fix, details=said.details)
        found = unreachable(reason, self._restart, self.base_url)
        return AirflowError(found.code, found.symptom, cause=found.cause, fix=found.fix)

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        try:
            body = response.json()
        except ValueError as error:
            raise self._not_airflow(response) from error
        if not isinstance(body, dict):
            raise self._not_airflow(response)
        return body

    def _not_airflow(self, response: httpx.Response | None) -> AirflowError:
        return AirflowError(
            "airflow.not-airflow",
            f"what answers at {self.base_url} is not Airflow's API",
            cause="Airflow answers below another path (api.base_url), or another program or a proxy has the address.",
            fix="Give the api-server its settings again: ./airstrip up",
            status=response.status_code if response is not None else None,
        )

    def _refused(self, response: httpx.Response, method: str, path: str) -> AirflowError:
        status = response.status_code
        said = _detail(response)
        if status in _UNAVAILABLE:
            return AirflowError(
                "airflow.unavailable",
                f"Airflow at {self.base_url} failed: HTTP {status}",
                cause="It is starting, or it does not reach its database.",
                fix="Read its log: ./airstrip logs api-server",
                details=said,
                status=status,
            )
        if status in (401, 403):
            return AirflowError(
                "airflow.forbidden",
                f"Airflow does not allow the account {self.username} this: {method} {path}",
                cause="The account's role in Airflow lacks the right.",
                fix="Give it the role Admin in Airflow, under Security.",
                details=said,
                status=status,
            )
        code = {404: "airflow.not-found", 409: "airflow.conflict"}.get(status, "airflow.refused")
        return AirflowError(
            code,
            f"Airflow refuses {method} {path}: {said or f'HTTP {status}'}",
            cause="What was asked for is not there, or not valid.",
            fix="See what Airflow says above.",
            status=status,
        )


def _patiently(ask: Callable[[], _Answer]) -> _Answer:
    """Tried again a moment later where Airflow is not there just now."""
    for pause in _PAUSES:
        try:
            return ask()
        except AirflowError as error:
            if not may_pass(error):
                raise
        time.sleep(pause)
    return ask()


def _broken_off() -> AirflowError:
    return AirflowError(
        "airflow.log-broken-off",
        "Airflow began to give the log, and broke off",
        cause="It cannot read where logs are kept, a volume or a store; or its api-server ended.",
        fix="Read its log: ./airstrip logs api-server",
    )


def _lines(response: httpx.Response, most: int) -> Iterator[bytes]:
    begun: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > most:
            raise AirflowError(
                "airflow.log-too-long",
                f"the log is longer than {most >> 20} MB, and its end was not read",
                cause="Airflow gives a log from its beginning only.",
                fix="Read it: ./airstrip logs DAG TASK",
            )
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            yield b"".join([*begun, end])
            begun = []
        begun.append(rest)
    if last := b"".join(begun):
        yield last


def _token_is_refused(response: httpx.Response) -> bool:
    """Airflow answers 403, not 401, for a token that expired or that another key signed."""
    return response.status_code == 401 or (response.status_code == 403 and "JWT" in _detail(response))


def _detail(response: httpx.Response) -> str:
    """FastAPI's `detail`: a sentence, or a list of fields with what is wrong; values are left out."""
    try:
        detail = response.json().get("detail", "")
    except (ValueError, AttributeError):
        return ""
    if isinstance(detail, list):
        return "; ".join(f"{'.'.join(str(part) for part in row.get('loc', []))}: {row.get('msg')}" for row in detail)
    if isinstance(detail, dict):
        return str(detail.get("message") or detail.get("reason") or "")
    return str(detail)
