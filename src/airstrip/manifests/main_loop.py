"""A probe for processes without a health server: see files/main_loop_alive.py and decision 0010."""

from __future__ import annotations

from airstrip.manifests.manifest_set import Object
from airstrip.manifests.names import SCRIPTS_DIR


def main_loop_probe() -> Object:
    """Five looks in a row, half a minute apart, at a main loop that did not turn."""
    return {**_look(), "periodSeconds": 30, "timeoutSeconds": 10, "failureThreshold": 5}


def main_loop_started(port: int) -> Object:
    """Its log server listens, and the main loop turns: five minutes for that."""
    return {**_look(str(port)), "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 300}


def _look(*arguments: str) -> Object:
    # Isolated and without site: 20 ms, and nothing of Airflow or of the user is imported.
    return {"exec": {"command": ["python", "-I", "-S", f"{SCRIPTS_DIR}/main_loop_alive.py", *arguments]}}
