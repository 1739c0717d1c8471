"""One look at a workload: is it done, how far is it, and can it still become good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airstrip.kube.admission import STAYS, refusal_in
from airstrip.kube.cluster import Cluster
from airstrip.kube.evidence import troubles_of
from airstrip.kube.objects import Object
from airstrip.kube.retries import NO_PAST, Past, ask_again
from airstrip.kube.troubles import Trouble, pod_troubles


@dataclass(frozen=True)
class Look:
    """A workload at one moment. `failed` is the code of a final failure, `owners` what makes its pods."""

    done: bool
    progress: str
    pods: tuple[Object, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    owners: tuple[str, ...] = ()
    failed: str = ""
    message: str = ""


class Refusals:
    """Pods that a controller was not allowed to make, told by events since the first look.

    Older events may be about a cause that was mended; a cause that still holds repeats its event,
    and is asked to do so now.
    """

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._old: set[tuple[str, str]] | None = None

    def of(self, kind: str, owner: str) -> list[Trouble]:
        events = self._cluster.list(
            "v1", "Event", self._namespace, field_selector=f"involvedObject.name={owner},reason=FailedCreate"
        )
        versions = {(event["metadata"]["uid"], event["metadata"]["resourceVersion"]) for event in events}
        if self._old is None:
            self._old = versions
            if versions:
                ask_again(self._cluster, kind, owner, self._namespace)
        return [
            Trouble(refused.code, owner, "", "FailedCreate", event["message"], hopeless=True)
            for event in events
            if (event["metadata"]["uid"], event["metadata"]["resourceVersion"]) not in self._old
            and (refused := refusal_in(event.get("message", "")))
            and refused.code in STAYS
        ]


def look_at_deployment(
    cluster: Cluster, name: str, namespace: str, refusals: Refusals, past: Past = NO_PAST
) -> Look | None:
    """None when there is no such Deployment. Makes pods of the past that crash anew."""
    deployment = cluster.get("apps/v1", "Deployment", name, namespace)
    if deployment is None:
        return None
    wanted = deployment["spec"].get("replicas", 1)
    status = deployment.get("status") or {}
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    done = _observed(deployment) and updated == wanted == status.get("replicas", 0) and available >= wanted
    if done:
        return Look(True, f"{wanted} of {wanted} ready")
    replica_set = _newest_replica_set(cluster, deployment)
    if replica_set is None:
        return Look(False, f"0 of {wanted} ready", owners=(name,))
    pods = _pods_of(cluster, namespace, deployment["spec"]["selector"], replica_set["metadata"]["uid"])
    # Replicas of the older template count as available: they are not what is waited for.
    progress = f"{min(updated, available, sum(map(_is_ready, pods)))} of {wanted} ready"
    owner = replica_set["metadata"]["name"]
    left = past.renew(cluster, pods)
    return _with_pods(progress, left, wanted, ("ReplicaSet", owner), refusals, owners=(name, owner))


def look_at_stateful_set(
    cluster: Cluster, name: str, namespace: str, refusals: Refusals, past: Past = NO_PAST
) -> Look | None:
    """None when there is no such StatefulSet. Frees it from pods of an older template that hold it up, and makes pods
    of the past that crash anew."""
    item = cluster.get("apps/v1", "StatefulSet", name, namespace)
    if item is None:
        return None
    wanted = item["spec"].get("replicas", 1)
    status = item.get("status") or {}
    ready, updated = status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    revision = status.get("updateRevision")
    one_revision = revision == status.get("currentRevision") or updated == wanted
    progress = f"{min(ready, updated)} of {wanted} ready"
    if not _observed(item):
        return Look(False, f"0 of {wanted} ready", owners=(name,))
    if one_revision and ready >= wanted and status.get("replicas", 0) == wanted:
        return Look(True, f"{ready} of {wanted} ready")
    present = _pods_of(cluster, namespace, item["spec"]["selector"], item["metadata"]["uid"])
    pods = [pod for pod in present if pod["metadata"]["labels"].get("controller-revision-hash") == revision]
    _release(cluster, [pod for pod in present if pod not in pods])
    left = past.renew(cluster, pods)
    return _with_pods(progress, left, wanted, ("StatefulSet", name), refusals, owners=(name,))


def look_at_job(cluster: Cluster, name: str, namespace: str, refusals: Refusals) -> Look | None:
    """None when there is no such Job."""
    job = cluster.get("batch/v1", "Job", name, namespace)
    if job is None:
        return None
    status = job.get("status") or {}
    conditions = {entry["type"]: entry for entry in status.get("conditions") or [] if entry["status"] == "True"}
    if "Complete" in conditions:
        return Look(True, "complete")
    pods = _pods_of(cluster, namespace, job["spec"].get("selector") or {}, job["metadata"]["uid"])
    if failed := conditions.get("Failed"):
        said = failed.get("message") or failed.get("reason", "")
        return Look(False, "failed", tuple(pods), troubles_of(pods), (name,), failed="job.failed", message=f"{said}.")
    if job["spec"].get("completions") == 1 and any(pod["status"].get("phase") == "Succeeded" for pod in pods):
        # The Job itself says so a second or two later.
        return Look(True, "complete")
    failures = status.get("failed", 0)
    progress = "running" + (f", failed {failures} times" if failures else "")
    return _with_pods(progress, pods, 1, ("Job", name), refusals, owners=(name,))


def _release(cluster: Cluster, stale: Iterable[Object]) -> None:
    """Deletes pods of an older template that cannot become good: the controller waits for them for ever.

    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
    """
    for pod in stale:
        if pod_troubles(pod):
            cluster.delete("v1", "Pod", pod["metadata"]["name"], pod["metadata"]["namespace"])


def _with_pods(
    progress: str,
    pods: Iterable[Object],
    wanted: int,
    maker: tuple[str, str],
    refusals: Refusals,
    *,
    owners: tuple[str, ...],
) -> Look:
    """`maker` is what makes the pods, by kind and name."""
    found = tuple(pods)
    troubles = troubles_of(found)
    if len(found) < wanted:
        troubles = (*refusals.of(*maker), *troubles)
    if troubles:
        progress = f"{progress}; {troubles[0].pod}: {troubles[0].reason}"
    return Look(False, progress, found, troubles, owners)


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)


def _observed(item: Object) -> bool:
    """Whether the status is about the template as it is now."""
    observed = (item.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= item["metadata"].get("generation", 0))


def _newest_replica_set(cluster: Cluster, deployment: Object) -> Object | None:
    """The one of the present template: its revision is the Deployment's own."""
    key = "deployment.kubernetes.io/revision"
    revision = (deployment["metadata"].get("annotations") or {}).get(key)
    if revision is None or not _observed(deployment):
        return None
    selector = _selector(deployment["spec"]["selector"])
    for item in cluster.list("apps/v1", "ReplicaSet", deployment["metadata"]["namespace"], label_selector=selector):
        if (item["metadata"].get("annotations") or {}).get(key) == revision:
            return item
    return None


def _pods_of(cluster: Cluster, namespace: str, selector: Mapping[str, Any], uid: str) -> list[Object]:
    """Pods that have this owner; two owners' selectors may overlap."""
    pods = cluster.list("v1", "Pod", namespace, label_selector=_selector(selector))
    return [pod for pod in pods if any(own["uid"] == uid for own in pod["metadata"].get("ownerReferences") or [])]


def _selector(selector: Mapping[str, Any]) -> str:
    """`matchLabels` as a query; `matchExpressions` are left to the owner check."""
    return ",".join(f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items())
