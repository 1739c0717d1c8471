"""Credentials: a token on each request, from the kubeconfig, a file or an exec plugin; or a plugin's certificate."""

from __future__ import annotations

import json
import ssl
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path

import httpx

from airstrip.errors import CommandError, KubernetesError
from airstrip.kube.kubeconfig import Access, ExecPlugin
from airstrip.process import Command, run

_PLUGIN_SECONDS = 60.0


def login(access: Access, tls: ssl.SSLContext) -> httpx.Auth | None:
    """What signs requests; None where the client certificate, or nothing, does.

    A certificate that a plugin gives is put into `tls` before the first connection is made with it.
    """
    if access.plugin is not None:
        return _FreshToken(_Plugin(access, access.plugin, tls))
    if access.token_file is not None:
        return _FreshToken(_FileToken(access.token_file))
    if access.token is not None:
        return _Bearer(access.token)
    if access.basic is not None:
        return httpx.BasicAuth(*access.basic)
    return None


def tls_context(access: Access) -> ssl.SSLContext:
    """Trust in the cluster's own authority alone (the system's where none is given), our certificate loaded."""
    context = ssl.create_default_context(cadata=access.ca.decode("ascii") if access.ca else None)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_certificate and access.client_key:
        _load_certificate(context, access.client_certificate, access.client_key)
    return context


def _load_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Python's ssl takes files only: one that nobody else can read, gone at once."""
    with tempfile.NamedTemporaryFile(prefix="airstrip-", suffix=".pem") as file:
        file.write(certificate.rstrip() + b"\n" + key)
        file.flush()
        context.load_cert_chain(file.name)


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class _FreshToken(httpx.Auth):
    """A token that is read again, once, when the server refuses it."""

    def __init__(self, source: _FileToken | _Plugin) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        used = self._current(None)
        response = yield _signed(request, used)
        if response.status_code == 401:
            yield _signed(request, self._current(used))

    def _current(self, refused: str | None) -> str:
        with self._lock:
            if self._token is None or self._token == refused:
                self._token = self._source.read()
            return self._token


def _signed(request: httpx.Request, token: str) -> httpx.Request:
    """Without a token the certificate of the connection says who asks."""
    if token:
        request.headers["Authorization"] = f"Bearer {token}"
    return request


class _FileToken:
    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        try:
            return self._path.read_text().strip()
        except OSError as error:
            raise KubernetesError(
                "kubernetes.login-failed",
                f"the token file {self._path} cannot be read: {error.strerror}",
                fix="Write the kubeconfig anew.",
            ) from error


class _Plugin:
    """https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins"""

    def __init__(self, access: Access, plugin: ExecPlugin, tls: ssl.SSLContext) -> None:
        self._access, self._plugin, self._tls = access, plugin, tls

    def read(self) -> str:
        """Its token, empty where it gives a certificate alone, which connections have from now on."""
        program = self._plugin.argv[0]
        try:
            answer = run(Command(self._plugin.argv, env=self._environment()), timeout=_PLUGIN_SECONDS)
            status = json.loads(answer.stdout)["status"]
            certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
            if certificate and key:
                _load_certificate(self._tls, certificate.encode(), key.encode())
                return str(status.get("token") or "")
            return str(status["token"])
        except CommandError as error:
            raise KubernetesError(
                "kubernetes.login-failed",
                f"{program}, which the kubeconfig names for logging in, failed",
                cause=error.message,
                fix=self._plugin.install_hint or "Log in with the cloud's own command, then run this again.",
                details=error.details,
            ) from error
        except (ssl.SSLError, ValueError, LookupError, TypeError, AttributeError) as error:
            # What it printed may hold a credential: not repeated.
            raise KubernetesError(
                "kubernetes.login-failed",
                f"{program}, which the kubeconfig names for logging in, gave no credential",
                cause="Its answer is not an ExecCredential with status.token, or with status.clientCertificateData and "
                "clientKeyData in PEM.",
                fix="Write the kubeconfig anew with the cloud's own command.",
            ) from error

    def _environment(self) -> dict[str, str]:
        spec: dict[str, object] = {"interactive": False}
        if self._plugin.provide_cluster_info:
            spec["cluster"] = {"server": self._access.server}
        info = {"apiVersion": self._plugin.api_version, "kind": "ExecCredential", "spec": spec}
        return {**self._plugin.env, "KUBERNETES_EXEC_INFO": json.dumps(info)}
