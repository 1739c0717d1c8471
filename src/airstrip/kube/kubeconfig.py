"""Reads one context of a kubeconfig into what a client needs.

Written here rather than taken from a library: exec plugins of `client.authentication.k8s.io/v1`,
`tls-server-name` and `proxy-url` are what the managed clouds write, and every program that is run
goes through `process`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from airstrip.errors import KubernetesError

_WRITE_ANEW = "Write it anew; that of Airstrip's own node is written by: ./airstrip up"


@dataclass(frozen=True)
class ExecPlugin:
    """A program that prints credentials. `env` is added to our own environment."""

    api_version: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    install_hint: str
    provide_cluster_info: bool


@dataclass(frozen=True)
class Access:
    """Where a cluster is and how to log in. Certificates and keys are PEM; what is absent is None."""

    context: str
    server: str
    ca: bytes | None
    insecure: bool
    tls_server_name: str | None
    proxy_url: str | None
    client_certificate: bytes | None = field(repr=False)
    client_key: bytes | None = field(repr=False)
    token: str | None = field(repr=False)
    token_file: Path | None
    basic: tuple[str, str] | None = field(repr=False)
    plugin: ExecPlugin | None


def load_access(kubeconfig: Path, context: str | None = None) -> Access:
    """Reads `context`, or the current one. Raises KubernetesError where the file cannot be used."""
    document = _read(kubeconfig)
    name = context or document.get("current-context")
    if not name:
        raise _unusable(kubeconfig, "it has no current context", "Name one of its contexts.")
    entry = _named(document, "contexts", "context", name, kubeconfig)
    cluster = _named(document, "clusters", "cluster", entry.get("cluster", ""), kubeconfig)
    user = _named(document, "users", "user", entry["user"], kubeconfig) if entry.get("user") else {}
    if "server" not in cluster:
        raise _unusable(kubeconfig, f"cluster {entry.get('cluster')} has no server", _WRITE_ANEW)
    if "auth-provider" in user:
        raise _unusable(
            kubeconfig,
            "its user logs in by auth-provider, which Kubernetes removed in 1.26",
            "Let the cloud's own command write the file anew.",
        )
    return Access(
        context=name,
        server=str(cluster["server"]).rstrip("/"),
        ca=_pem(cluster, "certificate-authority", kubeconfig),
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
        tls_server_name=cluster.get("tls-server-name"),
        proxy_url=cluster.get("proxy-url"),
        client_certificate=_pem(user, "client-certificate", kubeconfig),
        client_key=_pem(user, "client-key", kubeconfig),
        token=user.get("token"),
        token_file=_beside(kubeconfig, user["tokenFile"]) if user.get("tokenFile") else None,
        basic=(user["username"], user.get("password", "")) if user.get("username") else None,
        plugin=_plugin(user["exec"], kubeconfig) if user.get("exec") else None,
    )


def _read(kubeconfig: Path) -> dict[str, Any]:
    try:
        text = kubeconfig.read_text()
    except OSError as error:
        raise KubernetesError(
            "kubernetes.kubeconfig-missing",
            f"{kubeconfig} cannot be read: {error.strerror}",
            fix="Name a kubeconfig that is there and yours.",
        ) from error
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        # The parser's own text quotes the file, which holds credentials.
        raise _unusable(kubeconfig, "it is not YAML", _WRITE_ANEW) from error
    if not isinstance(document, dict):
        raise _unusable(kubeconfig, "it is empty", _WRITE_ANEW)
    return document


def _named(document: dict[str, Any], section: str, key: str, name: str, kubeconfig: Path) -> dict[str, Any]:
    entries = {item.get("name"): item.get(key) or {} for item in document.get(section) or []}
    if name not in entries:
        known = ", ".join(sorted(str(entry) for entry in entries)) or "none"
        raise _unusable(kubeconfig, f"it has no {key} {name}", f"Its {section} are: {known}.")
    found: dict[str, Any] = entries[name]
    return found


def _pem(entry: dict[str, Any], key: str, kubeconfig: Path) -> bytes | None:
    """`key-data` (base64) goes before the file that `key` names."""
    if data := entry.get(f"{key}-data"):
        try:
            return base64.b64decode(data, validate=False)
        except binascii.Error as error:
            raise _unusable(kubeconfig, f"{key}-data is not base64", _WRITE_ANEW) from error
    if not entry.get(key):
        return None
    path = _beside(kubeconfig, entry[key])
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unusable(kubeconfig, f"{path} cannot be read: {error.strerror}", _WRITE_ANEW) from error


def _plugin(entry: dict[str, Any], kubeconfig: Path) -> ExecPlugin:
    command = str(entry["command"])
    if "/" in command:
        command = str(_beside(kubeconfig, command))
    return ExecPlugin(
        api_version=entry.get("apiVersion", ""),
        argv=(command, *(str(argument) for argument in entry.get("args") or [])),
        env={item["name"]: item["value"] for item in entry.get("env") or []},
        install_hint=(entry.get("installHint") or "").strip(),
        provide_cluster_info=bool(entry.get("provideClusterInfo")),
    )


def _beside(kubeconfig: Path, path: str) -> Path:
    """A relative path counts from the kubeconfig's folder."""
    return kubeconfig.absolute().parent / path


def _unusable(kubeconfig: Path, cause: str, fix: str) -> KubernetesError:
    return KubernetesError(
        "kubernetes.kubeconfig-invalid", f"{kubeconfig} cannot be used: {cause}", cause=f"{cause}.", fix=fix
    )
