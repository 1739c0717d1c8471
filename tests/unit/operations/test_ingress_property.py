"""What verify says of an ingress that does not lead to Airflow: that it is the way in, and not Airflow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.operations.properties.outcome import Outcome
from airstrip.operations.properties.scene import Scene
from airstrip.operations.properties.web import ingress, web
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS

FILE = """\
apiVersion: airstrip/v1
name: shop
target: {{context: {{shared: {{nfs: {{server: nfs1, path: /export}}}}}}}}
expose: {{ingress: {{host: airflow.invalid, path: /team, class: web, tls: {tls}}}}}
"""


def looked_at(folder: Path, tls: str, secret: dict[str, Any] | None) -> Outcome:
    file = folder / "airstrip.yaml"
    file.write_text(FILE.format(tls=tls))
    account = {"username": "airstrip", "password": "s3cret"}
    session = SimpleNamespace(
        spec=load_spec(file, TARGET_SPECS),
        cluster=SimpleNamespace(get=lambda *_: secret),
        read_secret=lambda _: account,
    )
    return ingress(cast(Scene, SimpleNamespace(session=session)))


@pytest.mark.parametrize("tls", ["none", "{secret: own}"])
def test_a_name_that_leads_nowhere_is_the_way_in_s_fault(tmp_path: Path, tls: str) -> None:
    outcome = looked_at(tmp_path, tls, {"data": {}})
    assert outcome.finding is not None
    assert outcome.finding.code == "verify.ingress"
    scheme = "http" if tls == "none" else "https"
    assert outcome.text == f"nobody can log in at {scheme}://airflow.invalid/team"
    assert "s3cret" not in str(outcome)


def test_a_certificate_that_nobody_made_is_named(tmp_path: Path) -> None:
    outcome = looked_at(tmp_path, "{secret: own}", None)
    assert outcome.text == "the certificate's Secret own is not there"


@contextmanager
def airflow() -> Iterator[tuple[str, list[str]]]:
    """A page that loads one script, and log-in, to whatever host it is asked as; and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self._say(200, b'<script src="main.js"></script>')

        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self._say(201, b'{"access_token": "t"}')

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the environment's; nothing is excepted from it."""

    def use(url: str) -> None:
        for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, url)

    return use


def test_log_in_and_pages_take_the_same_proxy(tmp_path: Path, proxy: Callable[[str], None]) -> None:
    with airflow() as (address, asked):
        proxy(address)
        assert looked_at(tmp_path, "none", {"data": {}}).state == "proved"
    assert "http://airflow.invalid/team/auth/token" in asked
    assert "http://airflow.invalid/team/auth/login/" in asked


def test_a_port_of_this_machine_is_asked_without_one(proxy: Callable[[str], None]) -> None:
    proxy("http://127.0.0.1:1")
    with airflow() as (address, asked):
        session = SimpleNamespace(base_url=address)
        assert web(cast(Scene, SimpleNamespace(session=session, airflow=SimpleNamespace(log_in=int)))).state == "proved"
    assert "/auth/login/" in asked
