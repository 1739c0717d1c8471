"""Airstrip lands Apache Airflow on any Kubernetes from one typed file.

The public names: `Deployment` and `Node` do what the command line does; they return a `Result`, raise
AirstripError and tell what they do as events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airstrip.version import __version__

if TYPE_CHECKING:
    from airstrip.deployment import Deployment
    from airstrip.errors import AirstripError
    from airstrip.node import Node
    from airstrip.result import Finding, Result

__all__ = ["AirstripError", "Deployment", "Finding", "Node", "Result", "__version__"]

_HOMES = {
    "AirstripError": "airstrip.errors",
    "Deployment": "airstrip.deployment",
    "Finding": "airstrip.result",
    "Node": "airstrip.node",
    "Result": "airstrip.result",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is used: `--help` and the supervisor need none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'airstrip' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
