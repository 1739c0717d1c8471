"""What verify's own things are called: whatever bears one of these names was made by it, and is taken away by it."""

from __future__ import annotations

import re

TASKS = "airstrip_verify"
ISOLATION = "airstrip_verify_isolation"
GIT = "airstrip_verify_git"
SCHEDULE = "airstrip_verify_schedule"
DAGS = (TASKS, ISOLATION, GIT, SCHEDULE)
"""The built-in DAGs (manifests/files/dags/verify.py), which nobody else has a reason to run."""

PREFIX = "airstrip_verify_"
FORBIDDEN = "default"
"""A namespace that is in every cluster and that no deployment of ours may use."""

POD_LABEL = "airstrip.dev/verify"
"""Of pods that the verb makes by itself; its value is the deployment's name."""

GIT_WRITE = "git-write"
"""How the name of the pod ends that pushes: asked to end, it takes away what it pushed, and that takes a moment."""

_MADE = re.compile(re.escape(PREFIX) + r"[0-9a-f]{8}")


def name_of(mark: str) -> str:
    """Of the variable, the connection and the DAG that are made for the time of one proof."""
    return f"{PREFIX}{mark}"


def is_made(name: str) -> bool:
    """Whether a variable, a connection, a DAG or a file without its ending was made by some verify."""
    return bool(_MADE.fullmatch(name))
