from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import httpx
import pytest

from airstrip.errors import KubernetesError
from airstrip.kube.kubeconfig import Access, load_access
from airstrip.kube.login import login

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

    with httpx.Client(auth=login(access), transport=httpx.MockTransport(answer)) as client:
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
