"""Where DAGs come from changes: the old DAG processor goes before the new one comes."""

from __future__ import annotations

import time
from typing import Any

from airstrip.errors import AirstripError
from airstrip.events import Emit, step
from airstrip.kube import execute, plan_changes
from airstrip.manifests import DAG_PROCESSOR
from airstrip.operations.dags_facts import Processor, landed_processor
from airstrip.operations.session import Session

_LONGEST_SECONDS = 75.0
"""Longer than its pod may take to end."""
_POLL_SECONDS = 0.2


def make_way(session: Session, new: Processor, emit: Emit, timeout: float) -> None:
    """Beside each other they would take each other's DAGs away. Nothing where both read the same."""
    try:
        old = landed_processor(session)
    except AirstripError as error:
        if error.code != "deployment.not-landed":
            raise
        return
    if _source(old) == _source(new):
        return
    namespace = session.spec.namespaces.control
    with step(emit, "dags.change", "End what reads the DAGs of before"):
        # As it is to be, so that nobody seems to manage a field of it beside us; what somebody changed is taken back.
        spec = {**new.deployment["spec"], "replicas": 0}
        for change in plan_changes(session.cluster, [{**new.deployment, "spec": spec}]):
            execute(session.cluster, change)
        deadline = time.monotonic() + min(timeout, _LONGEST_SECONDS)
        selector = f"app.kubernetes.io/instance={session.spec.name},app.kubernetes.io/component={DAG_PROCESSOR}"
        # One that does not go in time, of a node that is away, is no reason to land nothing.
        while session.cluster.list("v1", "Pod", namespace, label_selector=selector) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)


def _source(processor: Processor) -> tuple[Any, ...]:
    """Bundles, the claim, and what is behind that."""
    template = processor.deployment["spec"]["template"]
    claims = [
        str(volume["persistentVolumeClaim"]["claimName"])
        for volume in template["spec"].get("volumes") or ()
        if "persistentVolumeClaim" in volume and volume["name"] == "dags"
    ]
    annotations = template["metadata"].get("annotations") or {}
    return processor.bundles, claims, [annotations.get(f"checksum.airstrip/{claim}") for claim in claims]
