"""One at a time on this machine: a run of `dev`, or what `dev --serve` serves, whose scheduler would take that run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from airstrip.errors import AirstripError, LockError, not_written
from airstrip.file_lock import file_lock
from airstrip.operations.authoring.home import Home
from airstrip.spec import Spec


@contextmanager
def alone(spec: Spec, home: Home) -> Iterator[None]:
    """Raises `dev.serve-runs` where Airflow is served, LockError where a run is under way."""
    try:
        with file_lock(home.lock, f"{spec.name} on this machine"):
            yield
    except LockError as error:
        if (url := _served_at(home)) is None:
            raise
        raise AirstripError(
            "dev.serve-runs",
            f"Airflow is served for {spec.name} on this machine: {url}",
            cause=error.cause,
            fix=f"Run DAGs there: {url}. Or end it by Ctrl-C where it was begun, then run this again.",
        ) from error


@contextmanager
def noted_served(home: Home, url: str) -> Iterator[None]:
    """For others that ask; counts while this process holds the lock. Raises AirstripError where it cannot be noted."""
    try:
        home.served.write_text(json.dumps({"url": url, "pid": os.getpid()}))
    except OSError as error:
        raise not_written(error) from error
    try:
        yield
    finally:
        with suppress(OSError):
            home.served.unlink()


def _served_at(home: Home) -> str | None:
    """Where whoever holds the home's lock serves Airflow; None where it does something else."""
    try:
        record = json.loads(home.served.read_text())
        holder = home.lock.read_text().strip()
        return str(record["url"]) if holder == f"pid {record['pid']}" else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
