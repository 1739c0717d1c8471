"""What waits for its next try longer and longer, tried again now: whoever runs `up` may have mended the cause."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable

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


class Past:
    """Pods that crashed before a change: how often says nothing of what is there after it.

    The kubelet lets them wait for all of it, up to five minutes. So who of them crashes once more is made anew, and
    begins to count.
    """

    def __init__(self, crashed: Iterable[str] = ()) -> None:
        """`crashed` are their uids."""
        self._crashed = frozenset(crashed)

    def renew(self, cluster: Cluster, pods: Iterable[Object]) -> list[Object]:
        """Deletes those that crash, for their controllers to make them anew; returns the others."""
        left = []
        for pod in pods:
            if pod["metadata"].get("uid") in self._crashed and _is_down(pod):
                cluster.delete("v1", "Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])
            else:
                left.append(pod)
        return left


NO_PAST = Past()
"""All that crashes is of now."""


def restart_crash_loops(cluster: Cluster, namespace: str, label_selector: str) -> Past:
    """Makes those anew that crashed and do not run; returns the past of all, before whatever is changed now."""
    pods = cluster.list("v1", "Pod", namespace, label_selector=label_selector)
    past = Past(pod["metadata"]["uid"] for pod in pods if _has_crashed(pod))
    past.renew(cluster, pods)
    return past


def _has_crashed(pod: Object) -> bool:
    """And is made anew when it is deleted."""
    if pod["metadata"].get("deletionTimestamp") or not pod["metadata"].get("ownerReferences"):
        return False
    restarts = pod["spec"].get("restartPolicy", "Always") == "Always"
    return restarts and any(_is_crash(entry) or entry.get("restartCount", 0) > 0 for entry in _statuses(pod))


def _is_down(pod: Object) -> bool:
    return not pod["metadata"].get("deletionTimestamp") and any(map(_is_crash, _statuses(pod)))


def _is_crash(status: Object) -> bool:
    state = status.get("state") or {}
    ended = state.get("terminated") or {}
    return (state.get("waiting") or {}).get("reason") in CRASH_REASONS or ended.get("exitCode", 0) != 0


def _statuses(pod: Object) -> list[Object]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
