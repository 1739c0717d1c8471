"""What a task's pod and a pod from elsewhere reach, and whether the cluster enforces NetworkPolicies at all."""

from __future__ import annotations

from typing import Final

from airstrip.kube import plan_changes
from airstrip.manifests import build_manifests
from airstrip.operations.properties.names import FORBIDDEN, TASKS
from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.scene import Scene
from airstrip.operations.render import NOT_BUILT

_NAME: Final = "network"
_NEEDED = {"dns": "DNS", "execution-api": "the execution API"}
_API_VERSION, _KIND = "networking.k8s.io/v1", "NetworkPolicy"
_OPEN = "the API server answers every pod of the cluster: it asks each who it is"


def network(scene: Scene) -> Outcome:
    """By attempts only. The database listens, for Airflow works: who does not reach it is kept from it."""
    if not scene.tasks_have_pods:
        return not_applicable("with airflow.executor: local, tasks share the scheduler's pod, which needs the database")
    if lacking := _lacking(scene):
        return failed(
            _NAME,
            f"the NetworkPolicies are not those of the landing: {', '.join(lacking)}",
            "Somebody deleted or changed them.",
            "Make them again: ./airstrip up",
        )
    seen = scene.returned(TASKS, "network") or {}
    missing = [words for key, words in _NEEDED.items() if not seen.get(key)]
    if missing:
        return failed(
            _NAME,
            f"a task's pod does not reach {' and '.join(missing)}",
            "A NetworkPolicy that is not Airstrip's closes the way, or the cluster's DNS does not work.",
            f"See the policies: kubectl get networkpolicies -A; and the task: ./airstrip logs {TASKS} network",
            "\n".join(scene.log(TASKS, "network")[-15:]),
        )
    outside, limits = _from_outside(scene)
    reached = [f"a task's pod reaches the {name}" for name in scene.given.addresses if seen.get(name)]
    reached += [f"a pod of {FORBIDDEN} reaches the {name}" for name, is_open in (outside or {}).items() if is_open]
    if not reached:
        closed = " and the ".join(scene.given.addresses)
        return proved(f"DNS and the execution API are reached, the {closed} not", limits=limits)
    foreign = _foreign(scene)
    if _reaches_all(scene, seen, outside) and not foreign:
        return not_applicable("this cluster enforces no NetworkPolicy: a task's pod reaches the database")
    return failed(
        _NAME,
        reached[0],
        f"Another policy opens the way: {', '.join(foreign)}."
        if foreign
        else "The cluster enforces only some of them.",
        "See all that apply: kubectl get networkpolicies -A",
        "\n".join(reached),
    )


def _from_outside(scene: Scene) -> tuple[dict[str, bool] | None, tuple[str, ...]]:
    """What a pod of another namespace reaches; with what limits the proof, that nobody could look from there too."""
    if error := scene.refused("outside"):
        return None, (_OPEN, f"not tried from another namespace: {error.message}")
    outside, why = scene.outside_look.seen()
    return outside, (_OPEN, f"not tried from another namespace: {why}") if why else (_OPEN,)


def _reaches_all(scene: Scene, seen: dict[str, bool], outside: dict[str, bool] | None) -> bool:
    """Where nothing at all is kept from anybody, no policy is enforced."""
    return all(seen.get(name) for name in scene.given.addresses) and all((outside or {}).values())


def _lacking(scene: Scene) -> list[str]:
    """Policies that a landing has and that are not there, or are other ones: as `plan` finds them."""
    spec, platform = scene.session.spec, scene.session.platform
    wanted = [item for stage in build_manifests(spec, platform, NOT_BUILT, {}).stages for item in stage.objects]
    policies = [item for item in wanted if item["kind"] == _KIND]
    changes = plan_changes(scene.session.cluster, policies)
    return [f"{change.entry.name} in {change.entry.namespace}" for change in changes]


def _foreign(scene: Scene) -> list[str]:
    """Policies of the control plane's namespace that are somebody else's: policies add up."""
    spec = scene.session.spec
    items = scene.session.cluster.list(_API_VERSION, _KIND, spec.namespaces.control)
    ours = {"app.kubernetes.io/managed-by": "airstrip", "app.kubernetes.io/instance": spec.name}
    return [
        item["metadata"]["name"] for item in items if not ours.items() <= (item["metadata"].get("labels") or {}).items()
    ]
