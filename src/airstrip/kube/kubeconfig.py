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

from airstrip.kube.kubeconfig_files import WRITE_ANEW, Entry, read_kubeconfig, unusable


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


def load_access(kubeconfig: Path | None, context: str | None = None) -> Access:
    """Reads `context`, or the current one, of a file; without one of those that kubectl reads.

    Raises KubernetesError where they cannot be used.
    """
    config = read_kubeconfig(kubeconfig)
    name = context or config.current
    if not name:
        raise unusable(config.name, "it has no current context", "Name one of its contexts.")
    entry = config.entry("contexts", name).values
    cluster = config.entry("clusters", entry.get("cluster", ""))
    user = config.entry("users", entry["user"]) if entry.get("user") else Entry(cluster.file, {})
    if "server" not in cluster.values:
        raise unusable(cluster.file, f"cluster {entry.get('cluster')} has no server", WRITE_ANEW)
    if "auth-provider" in user.values:
        raise unusable(
            user.file,
            "its user logs in by auth-provider, which Kubernetes removed in 1.26",
            "Let the cloud's own command write the file anew.",
        )
    return _access(name, cluster, user)


def _access(context: str, cluster: Entry, user: Entry) -> Access:
    where, who = cluster.values, user.values
    return Access(
        context=context,
        server=str(where["server"]).rstrip("/"),
        ca=_pem(cluster, "certificate-authority"),
        insecure=bool(where.get("insecure-skip-tls-verify")),
        tls_server_name=where.get("tls-server-name"),
        proxy_url=where.get("proxy-url"),
        client_certificate=_pem(user, "client-certificate"),
        client_key=_pem(user, "client-key"),
        token=who.get("token"),
        token_file=_beside(user.file, who["tokenFile"]) if who.get("tokenFile") else None,
        basic=(who["username"], who.get("password", "")) if who.get("username") else None,
        plugin=_plugin(who["exec"], user.file) if who.get("exec") else None,
    )


def _pem(entry: Entry, key: str) -> bytes | None:
    """`key-data` (base64) goes before the file that `key` names."""
    if data := entry.values.get(f"{key}-data"):
        try:
            return base64.b64decode(data, validate=False)
        except binascii.Error as error:
            raise unusable(entry.file, f"{key}-data is not base64", WRITE_ANEW) from error
    if not entry.values.get(key):
        return None
    path = _beside(entry.file, entry.values[key])
    try:
        return path.read_bytes()
    except OSError as error:
        raise unusable(entry.file, f"{path} cannot be read: {error.strerror}", WRITE_ANEW) from error


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
