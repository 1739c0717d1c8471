"""Airstrip lands Apache Airflow on any Kubernetes from one typed file.

The public names: `Deployment` and `Node` do what the command line does; they return a `Result`, raise
AirstripError and tell what they do as events, of which each kind is a class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airstrip.version import __version__

if TYPE_CHECKING:
    from airstrip.deployment import Deployment
    from airstrip.errors import AirstripError
    from airstrip.events import Event, LogLine, Notice, StepFailed, StepFinished, StepProgress, StepStarted, Warned
    from airstrip.findings import Finding
    from airstrip.node import Node
    from airstrip.result import Result
    from airstrip.spec import Forgotten, ProjectWords

__all__ = [
    "AirstripError",
    "Deployment",
    "Event",
    "Finding",
    "Forgotten",
    "LogLine",
    "Node",
    "Notice",
    "ProjectWords",
    "Result",
    "StepFailed",
    "StepFinished",
    "StepProgress",
    "StepStarted",
    "Warned",
    "__version__",
]

_HOMES = {
    "AirstripError": "airstrip.errors",
    "Deployment": "airstrip.deployment",
    "Event": "airstrip.events",
    "Finding": "airstrip.result",
    "Forgotten": "airstrip.spec",
    "LogLine": "airstrip.events",
    "Node": "airstrip.node",
    "Notice": "airstrip.events",
    "ProjectWords": "airstrip.spec",
    "Result": "airstrip.result",
    "StepFailed": "airstrip.events",
    "StepFinished": "airstrip.events",
    "StepProgress": "airstrip.events",
    "StepStarted": "airstrip.events",
    "Warned": "airstrip.events",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is used: `--help` and the supervisor need none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'airstrip' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
