"""What waits for its next try longer and longer, tried again now: whoever runs `up` may have mended the cause."""

from __future__ import annotations

import contextlib
import datetime

from airstrip.errors import KubernetesError
from airstrip.kube.cluster import Cluster
from airstrip.kube.objects import Object
from airstrip.kube.troubles import CRASH_REASONS

_API_VERSIONS = {"ReplicaSet": "apps/v1", "StatefulSet": "apps/v1", "Job": "batch/v1"}


def ask_again(cluster: Cluster, kind: str, name: str, namespace: str) -> None:
    """Has a controller that was refused a pod try now: any change of its object does it.

    By itself it would wait up to a quarter of an hour.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    body = {"metadata": {"annotations": {"airstrip.dev/asked-again": now}}}
    # Who may not do this has to wait, and nothing else.
    with contextlib.suppress(KubernetesError):
        cluster.patch(_API_VERSIONS[kind], kind, name, body, namespace)


def restart_crash_loops(cluster: Cluster, namespace: str, label_selector: str) -> list[str]:
    """Deletes pods that wait to be restarted, for their controllers to make them anew; returns their names.

    The kubelet lets them wait up to five minutes, and what they count of the past would be taken for the present.
    """
    looping = [pod for pod in cluster.list("v1", "Pod", namespace, label_selector=label_selector) if _is_looping(pod)]
    for pod in looping:
        cluster.delete("v1", "Pod", pod["metadata"]["name"], namespace)
    return [pod["metadata"]["name"] for pod in looping]


def _is_looping(pod: Object) -> bool:
    if pod["metadata"].get("deletionTimestamp") or not pod["metadata"].get("ownerReferences"):
        return False
    status = pod.get("status") or {}
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return any(((entry.get("state") or {}).get("waiting") or {}).get("reason") in CRASH_REASONS for entry in containers)
