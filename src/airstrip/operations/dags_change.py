"""Where DAGs come from changes: the old DAG processor goes before the new one comes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from airstrip.events import Emit, Warned, step
from airstrip.kube import execute, plan_changes
from airstrip.manifests import DAG_PROCESSOR
from airstrip.operations.dags_facts import Processor, find_processor
from airstrip.operations.session import Session

_LONGEST_SECONDS = 75.0
"""Longer than its pod may take to end."""
_POLL_SECONDS = 0.2


def make_way(session: Session, new: Processor, emit: Emit, timeout: float) -> None:
    """Beside each other they would take each other's DAGs away. Nothing where both read the same."""
    old = find_processor(session)
    if old is None or source_of(old) == source_of(new):
        return
    namespace = session.spec.namespaces.control
    with step(emit, "dags.change", "End what reads the DAGs of before"):
        # As it is to be, so that nobody seems to manage a field of it beside us; what somebody changed is taken back.
        spec = {**new.deployment["spec"], "replicas": 0}
        for change in plan_changes(session.cluster, [{**new.deployment, "spec": spec}]):
            execute(session.cluster, change)
        deadline = time.monotonic() + min(timeout, _LONGEST_SECONDS)
        selector = f"app.kubernetes.io/instance={session.spec.name},app.kubernetes.io/component={DAG_PROCESSOR}"
        while any(_runs(pod) for pod in session.cluster.list("v1", "Pod", namespace, label_selector=selector)):
            if time.monotonic() > deadline:
                # Of a node that is away, say: no reason to land nothing.
                message = "The DAG processor of before has not ended: for as long as it runs, DAGs may come and go"
                emit(Warned("dags.two-readers", message, "Look at: ./airstrip status; ./airstrip dags list"))
                return
            time.sleep(_POLL_SECONDS)


def _runs(pod: Mapping[str, Any]) -> bool:
    """One that was evicted stays as it ended."""
    return pod["status"].get("phase") not in ("Succeeded", "Failed")


def source_of(processor: Processor) -> tuple[Any, ...]:
    """Bundles, the claim, and what is behind that."""
    template = processor.deployment["spec"]["template"]
    claims = [
        str(volume["persistentVolumeClaim"]["claimName"])
        for volume in template["spec"].get("volumes") or ()
        if "persistentVolumeClaim" in volume and volume["name"] == "dags"
    ]
    annotations = template["metadata"].get("annotations") or {}
    return processor.bundles, claims, [annotations.get(f"checksum.airstrip/{claim}") for claim in claims]
