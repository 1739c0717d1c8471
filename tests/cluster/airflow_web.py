"""Airflow's API beyond what Airstrip asks of it: for tests that make pools, trigger paused DAGs, delete DAGs."""

from __future__ import annotations

from typing import Any

import httpx

from tests.landing import Landing


class Web:
    """As `admin`, with the password that `open --password` prints."""

    def __init__(self, landing: Landing) -> None:
        url = str(landing.data("open")["url"])
        account = {"username": "admin", "password": landing.ok("open", "--password").strip()}
        token = httpx.post(f"{url}/auth/token", json=account, timeout=30).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{url}/api/v2/", headers=headers, timeout=60, trust_env=False)

    def send(self, method: str, path: str, body: object = None, *, may_fail: bool = False) -> dict[str, Any]:
        answer = self._http.request(method, path, json=body)
        assert may_fail or answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content and answer.is_success else {}

    def close(self) -> None:
        self._http.close()
