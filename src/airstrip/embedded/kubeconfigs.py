"""The kubeconfigs with which the host's users reach the node."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from airstrip.embedded.config import NodeConfig
from airstrip.embedded.settings import kubeconfig
from airstrip.errors import NodeError


def ensure_kubeconfigs(config: NodeConfig) -> Path:
    """Writes root's kubeconfig, and a copy for the owner; both are mode 0600. Returns root's."""
    folder = config.certificates_dir
    document = kubeconfig(
        config.name,
        {"server": config.api_url, "certificate-authority-data": _base64(folder / "ca.crt")},
        {
            "client-certificate-data": _base64(folder / "admin.crt"),
            "client-key-data": _base64(folder / "admin.key"),
        },
    )
    content = json.dumps(document, indent=1) + "\n"
    _write(config.kubeconfig_of(0), content, 0)
    if config.owner_uid:
        _write(config.kubeconfig_of(config.owner_uid), content, config.owner_uid)
    return config.kubeconfig_of(0)


def find_kubeconfig(config: NodeConfig) -> Path:
    """The kubeconfig of the user who asks.

    Raises NodeError `node.not-yours` where the node is another user's, `node.absent` where there is none.
    """
    path = config.kubeconfig_of(os.geteuid())
    if os.access(path, os.R_OK):
        return path
    if not config.plan_path.exists():
        raise NodeError(
            "node.absent",
            f"there is no node named {config.name}",
            cause=f"{config.state_dir} holds none.",
            fix="Start it with `airstrip up`, as root or with sudo.",
        )
    raise not_yours(config)


def not_yours(config: NodeConfig) -> NodeError:
    return NodeError(
        "node.not-yours",
        f"the node {config.name} belongs to another user",
        cause="Whoever ran `airstrip up` with sudo, and root, may use it.",
        fix="Run the same command as that user, or as root, or with sudo.",
    )


def _base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _write(path: Path, content: str, uid: int) -> None:
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    os.chown(temporary, uid, -1)
    temporary.replace(path)
