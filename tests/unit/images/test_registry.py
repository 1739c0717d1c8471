"""What names a registry, whose login is taken, and token servers as clouds have them. See tests/image/test_push too."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from airstrip.errors import AirstripError, ImageError
from airstrip.images import Login, NoLogin, find_login, parse_destination
from airstrip.images.registry import logins
from airstrip.images.registry.session import RegistrySession


@pytest.mark.parametrize(
    ("text", "registry", "repository", "tag", "url"),
    [
        ("ghcr.io/me/sales:1", "ghcr.io", "me/sales", "1", "https://ghcr.io"),
        ("localhost:5000/sales", "localhost:5000", "sales", "", "http://localhost:5000"),
        ("localhost/sales", "localhost", "sales", "", "http://localhost"),
        ("127.0.0.1:5000/a/b-c/d__e:v1.2_x", "127.0.0.1:5000", "a/b-c/d__e", "v1.2_x", "http://127.0.0.1:5000"),
        ("[::1]:5000/sales", "[::1]:5000", "sales", "", "http://[::1]:5000"),
        ("docker.io/me/sales", "docker.io", "me/sales", "", "https://registry-1.docker.io"),
        ("10.0.0.1:5000/sales", "10.0.0.1:5000", "sales", "", "https://10.0.0.1:5000"),
    ],
)
def test_destinations(text: str, registry: str, repository: str, tag: str, url: str) -> None:
    found = parse_destination(text)
    assert (found.registry, found.repository, found.tag, found.base_url) == (registry, repository, tag, url)


@pytest.mark.parametrize(
    "text",
    ["sales", "me/sales", "ghcr.io/Me/sales", "ghcr.io/", "ghcr.io/a@sha256:1", "ghcr.io/a:", "https://ghcr.io/a", ""],
)
def test_what_names_no_registry_is_refused(text: str) -> None:
    with pytest.raises(AirstripError) as caught:
        parse_destination(text)
    assert caught.value.code == "registry.bad-destination"
    assert caught.value.exit_code == 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


def auth(pair: str) -> dict[str, str]:
    return {"auth": base64.b64encode(pair.encode()).decode()}


def test_docker_hub_s_login_has_a_name_of_its_own(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"auths": {"https://index.docker.io/v1/": auth("me:a:b")}}))
    login = find_login("docker.io")
    assert isinstance(login, Login)
    assert (login.username, login.secret) == ("me", "a:b")
    assert "a:b" not in repr(login)


def test_podman_s_logins_count_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "containers").mkdir()
    (folder / "containers" / "auth.json").write_text(json.dumps({"auths": {"quay.io": auth("me:x")}}))
    assert find_login("quay.io") is None
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    login = find_login("quay.io")
    assert isinstance(login, Login)
    assert login.username == "me"


def test_a_helper_that_is_missing_or_fails_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "config.json").write_text(json.dumps({"credHelpers": {"ecr.example.org": "cloud"}}))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    helper = folder / "docker-credential-cloud"
    for script in (None, "echo 'no session' >&2; exit 1", "echo '{}'"):
        if script:
            helper.write_text(f"#!/bin/sh\n{script}\n")
            helper.chmod(0o755)
        with pytest.raises(ImageError) as caught:
            find_login("ecr.example.org")
        assert caught.value.code == "registry.helper-failed"
        assert "docker-credential-cloud" in caught.value.message
    helper.write_text("#!/bin/sh\necho 'credentials not found in native keychain'\nexit 1\n")
    assert find_login("ecr.example.org") is None


def test_a_file_of_logins_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "config.json").write_text('{"auths": hunter2}')
    with pytest.raises(ImageError) as caught:
        find_login("quay.io")
    assert caught.value.code == "registry.bad-config"
    assert "hunter2" not in json.dumps(caught.value.to_dict())


@dataclass
class Server:
    """A registry that wants a token of its own token server, as those of clouds do; `asked` is what that was told."""

    port: int = 0
    realm: str = ""
    asked: list[tuple[str, dict[str, list[str]], str | None]] = field(default_factory=list)
    seen: list[str | None] = field(default_factory=list)
    is_closed: bool = False
    """Then it wants a name and a password, which nobody has."""


@contextmanager
def token_registry() -> Iterator[Server]:
    told = Server()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, text in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, text)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def token(self, query: str) -> None:
            told.asked.append((self.command, parse_qs(query), self.headers["Authorization"]))
            self.answer(200, {}, json.dumps({"token": "t0ken"}).encode())

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/token":
                self.token(url.query)
                return
            told.seen.append(self.headers["Authorization"])
            if told.is_closed:
                self.answer(401, {"WWW-Authenticate": 'Basic realm="here"'}, b"who are you?")
                return
            if self.headers["Authorization"] == "Bearer t0ken":
                self.answer(200, {"Docker-Content-Digest": "sha256:1"})
                return
            challenge = (
                f'Bearer realm="{told.realm}",service="here",scope="repository:sales:pull,push repository:b:pull"'
            )
            self.answer(401, {"WWW-Authenticate": challenge})

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            self.token(self.rfile.read(int(self.headers["Content-Length"])).decode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    told.port = server.server_address[1]
    told.realm = f"http://127.0.0.1:{told.port}/token"
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(port: int, login: Login | NoLogin | None) -> int:
    with RegistrySession(parse_destination(f"127.0.0.1:{port}/sales"), login) as session:
        for _ in range(2):
            status = session.send("HEAD", session.repository("manifests/1")).status_code
    return status


def test_a_token_is_got_once_for_what_is_needed() -> None:
    with token_registry() as server:
        assert ask(server.port, Login("me", "pass", "a file")) == 200
    ((method, query, authorization),) = server.asked
    assert method == "GET"
    assert query["scope"] == ["repository:sales:pull,push", "repository:b:pull"]
    assert query["service"] == ["here"]
    assert authorization == f"Basic {base64.b64encode(b'me:pass').decode()}"
    assert server.seen == [None, "Bearer t0ken", "Bearer t0ken"]


def test_who_has_an_identity_token_exchanges_it() -> None:
    with token_registry() as server:
        assert ask(server.port, Login("<token>", "refresh", "a helper", is_identity=True)) == 200
    ((method, form, authorization),) = server.asked
    assert (method, authorization) == ("POST", None)
    assert form["grant_type"] == ["refresh_token"]
    assert form["refresh_token"] == ["refresh"]


def test_without_a_login_a_token_may_do() -> None:
    with token_registry() as server:
        assert ask(server.port, None) == 200
    assert server.asked[0][2] is None


@pytest.fixture
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The helper of all registries, which docker's configuration names and nothing beside it."""
    (folder / "config.json").write_text(json.dumps({"credsStore": "cloud"}))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    helper = folder / "docker-credential-cloud"
    helper.write_text("#!/bin/sh\necho 'your session has expired: run cloud login' >&2\nexit 1\n")
    helper.chmod(0o755)
    return helper


def test_whoever_is_refused_without_a_login_hears_why_the_helper_gave_none(store: Path) -> None:
    with token_registry() as server:
        server.is_closed = True
        with pytest.raises(ImageError) as caught:
            ask(server.port, find_login(f"127.0.0.1:{server.port}"))
        name = f"127.0.0.1:{server.port}"
    refused = caught.value
    assert (refused.code, "without a login" in refused.message) == ("registry.login-refused", True)
    assert refused.details.splitlines() == [
        f"docker-credential-cloud gives no login for {name}:",
        "your session has expired: run cloud login",
        f"Log in as your cloud's tool does, then try: echo {name} | docker-credential-cloud get",
    ]


def test_a_registry_that_lets_everybody_in_waits_for_no_helper_that_hangs(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert logins._STORE_SECONDS < logins._HELPER_SECONDS
    monkeypatch.setattr(logins, "_STORE_SECONDS", 0.2)
    store.write_text("#!/bin/sh\nexec sleep 60\n")
    begun = time.monotonic()
    with token_registry() as server:
        found = find_login(f"127.0.0.1:{server.port}")
        assert ask(server.port, found) == 200
    assert time.monotonic() - begun < 20
    assert isinstance(found, NoLogin)
    assert "did not end within" in found.failure.details
