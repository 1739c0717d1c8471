from __future__ import annotations

import base64
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from airstrip.errors import KubernetesError
from airstrip.kube.kubeconfig import Access, load_access
from airstrip.kube.login import login, tls_context
from airstrip.kube.transport import Transport

_CONFIG = """
current-context: here
clusters:
- name: c
  cluster: {server: "https://10.0.0.1:6443/", certificate-authority: ca.crt, tls-server-name: k, proxy-url: "http://p:1"}
contexts:
- {name: here, context: {cluster: c, user: data}}
- {name: plugin, context: {cluster: c, user: plugin}}
- {name: old, context: {cluster: c, user: old}}
- {name: lost, context: {cluster: gone}}
users:
- name: data
  user: {client-certificate-data: DATA, client-key: key.pem, token: hunter2}
- name: plugin
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./bin/login
      args: [a]
      env: [{name: X, value: "1"}]
- {name: old, user: {auth-provider: {name: gcp}}}
"""


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    file = tmp_path / "config"
    file.write_text(_CONFIG.replace("DATA", base64.b64encode(b"CERT").decode()))
    (tmp_path / "ca.crt").write_text("CA")
    (tmp_path / "key.pem").write_text("KEY")
    return file


def code_of(file: Path, context: str | None = None) -> str:
    with pytest.raises(KubernetesError) as refused:
        load_access(file, context)
    assert "hunter2" not in str(refused.value.to_dict())
    return refused.value.code


def test_the_current_context_is_read_with_files_beside_it(kubeconfig: Path) -> None:
    access = load_access(kubeconfig)
    assert (access.server, access.ca, access.client_certificate, access.client_key) == (
        "https://10.0.0.1:6443",
        b"CA",
        b"CERT",
        b"KEY",
    )
    assert (access.tls_server_name, access.proxy_url, access.token) == ("k", "http://p:1", "hunter2")
    assert "hunter2" not in repr(access)
    assert "KEY" not in repr(access)


def written(file: Path, name: str, server: str, *, current: str = "") -> Path:
    """One that names everything `name`, with a certificate authority beside it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    (file.parent / "ca.crt").write_text(f"CA of {server}")
    cluster = {"server": server, "certificate-authority": "ca.crt"}
    sections = {
        "clusters": [{"name": name, "cluster": cluster}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "users": [{"name": name, "user": {"token": f"token of {server}"}}],
    }
    file.write_text(json.dumps({**sections, **({"current-context": current} if current else {})}))
    return file


def test_without_a_file_those_of_kubectl_are_one_and_the_first_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(tmp_path / "a" / "config", "one", "https://first")
    second = written(tmp_path / "b" / "config", "two", "https://second", current="two")
    third = written(tmp_path / "c" / "config", "one", "https://third", current="one")
    (tmp_path / "empty").write_text("")
    named = ["", tmp_path / "none", tmp_path / "empty", first, second, third]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, named)))
    current, one = load_access(None), load_access(None, "one")
    assert (current.context, current.server, current.ca) == ("two", "https://second", b"CA of https://second")
    assert (one.server, one.ca, one.token) == ("https://first", b"CA of https://first", "token of https://first")
    with pytest.raises(KubernetesError) as refused:
        load_access(None, "three")
    assert refused.value.fix == "Its contexts are: one, two."
    assert str(third) in refused.value.message


@pytest.mark.parametrize("named", ["", ":"])
def test_where_none_is_named_it_is_that_of_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", named)
    with pytest.raises(KubernetesError) as refused:
        load_access(None)
    assert refused.value.code == "kubernetes.kubeconfig-missing"
    written(tmp_path / ".kube" / "config", "own", "https://own", current="own")
    assert load_access(None).server == "https://own"


def test_a_plugin_is_found_beside_the_file(kubeconfig: Path) -> None:
    plugin = load_access(kubeconfig, "plugin").plugin
    assert plugin is not None
    assert plugin.argv == (str(kubeconfig.parent / "bin/login"), "a")
    assert plugin.env == {"X": "1"}


@pytest.mark.parametrize("context", ["old", "lost", "nowhere"])
def test_a_context_that_cannot_be_used(kubeconfig: Path, context: str) -> None:
    assert code_of(kubeconfig, context) == "kubernetes.kubeconfig-invalid"


@pytest.mark.parametrize("text", ["", "token: [hunter2", "just words"])
def test_a_file_that_is_no_kubeconfig(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").write_text(text)
    assert code_of(tmp_path / "config") == "kubernetes.kubeconfig-invalid"


def test_no_file(tmp_path: Path) -> None:
    assert code_of(tmp_path / "none") == "kubernetes.kubeconfig-missing"


def plugin_access(kubeconfig: Path, script: str) -> Access:
    kubeconfig.write_text(
        json.dumps(
            {
                "current-context": "x",
                "clusters": [{"name": "c", "cluster": {"server": "https://h"}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "users": [
                    {
                        "name": "u",
                        "user": {
                            "exec": {
                                "apiVersion": "client.authentication.k8s.io/v1",
                                "command": sys.executable,
                                "args": ["-c", script],
                                "installHint": "Install the cloud's command.",
                            }
                        },
                    }
                ],
            }
        )
    )
    return load_access(kubeconfig)


def ask(access: Access, *answers: int) -> list[str | None]:
    """The Authorization headers that reach the server, which gives these answers."""
    seen: list[str | None] = []
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Authorization"))
        return httpx.Response(left.pop(0))

    with httpx.Client(auth=login(access, tls_context(access)), transport=httpx.MockTransport(answer)) as client:
        client.get("https://h/")
    return seen


def test_a_plugin_is_asked_again_when_its_token_is_refused(kubeconfig: Path, tmp_path: Path) -> None:
    counter = tmp_path / "count"
    script = (
        f"import json, pathlib; p = pathlib.Path({str(counter)!r}); p.open('a').write('x');"
        "print(json.dumps({'status': {'token': p.read_text()}}))"
    )
    assert ask(plugin_access(kubeconfig, script), 401, 200) == ["Bearer x", "Bearer xx"]


@pytest.mark.parametrize("script", ["print('hunter2')", "import sys; sys.exit('no login')"])
def test_a_plugin_that_fails_is_an_error_without_its_output(kubeconfig: Path, script: str) -> None:
    access = plugin_access(kubeconfig, script)
    with pytest.raises(KubernetesError) as refused:
        ask(access, 200)
    assert refused.value.code == "kubernetes.login-failed"
    assert "hunter2" not in str(refused.value.to_dict())


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """Of 127.0.0.1, and its key: one that signs itself, for a server and for its client."""
    files = tmp_path / "own.crt", tmp_path / "own.key"
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    argv += ["-subj", "/CN=ada", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*argv, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
    return files[0].read_text(), files[1].read_text()


@contextmanager
def server_of_certificates(tmp_path: Path) -> Iterator[str]:
    """One that lets nobody in without `own.crt`, and answers with the subject and the Authorization header."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            subject = self.connection.getpeercert()["subject"]
            body = json.dumps([dict(part[0] for part in subject), self.headers.get("Authorization")]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.crt", tmp_path / "own.key")
    context.load_verify_locations(tmp_path / "own.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("more", "header"), [({}, None), ({"token": "t"}, "Bearer t")])
def test_a_plugin_may_give_a_certificate(
    kubeconfig: Path, tmp_path: Path, certificate: tuple[str, str], more: dict[str, str], header: str | None
) -> None:
    status = {"clientCertificateData": certificate[0], "clientKeyData": certificate[1], **more}
    access = plugin_access(kubeconfig, f"print({json.dumps({'status': status})!r})")
    with server_of_certificates(tmp_path) as server:
        transport = Transport(replace(access, server=server, ca=certificate[0].encode()))
        try:
            assert transport.request("GET", "/version", "ask").json() == [{"commonName": "ada"}, header]
        finally:
            transport.close()


HALF = {"clientCertificateData": "hunter2"}


@pytest.mark.parametrize("status", [{}, [], HALF, {**HALF, "clientKeyData": "hunter2"}])
def test_a_plugin_that_gives_no_credential_says_what_it_could(kubeconfig: Path, status: object) -> None:
    with pytest.raises(KubernetesError) as refused:
        ask(plugin_access(kubeconfig, f"print({json.dumps({'status': status})!r})"), 200)
    assert refused.value.code == "kubernetes.login-failed"
    assert "clientCertificateData" in str(refused.value.cause)
    assert "hunter2" not in str(refused.value.to_dict())
