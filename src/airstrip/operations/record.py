"""The record of what is landed, while a landing makes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from airstrip.errors import AirstripError
from airstrip.kube import Cluster, inventory


@contextmanager
def recorded(
    cluster: Cluster, namespace: str, wanted: frozenset[inventory.Entry]
) -> Iterator[frozenset[inventory.Entry]]:
    """Yields what was recorded before.

    What is wanted is recorded before it is made: of an `up` that is interrupted, `down` knows it then. Of one that
    fails, what it did not come to is taken out again: nobody deleted it.
    """
    previous = inventory.read(cluster, namespace)
    inventory.write(cluster, namespace, previous | wanted)
    try:
        yield previous
    except AirstripError:
        with suppress(AirstripError):
            _forget(cluster, namespace, wanted - previous)
        raise


def _forget(cluster: Cluster, namespace: str, new: frozenset[inventory.Entry]) -> None:
    """But what runs pods: without that, there is no Airflow."""
    unmade = {
        entry
        for entry in new
        if entry.kind not in inventory.WORKLOADS
        and cluster.get(entry.api_version, entry.kind, entry.name, entry.namespace or None) is None
    }
    if unmade:
        inventory.write(cluster, namespace, inventory.read(cluster, namespace) - unmade)
