"""What a task's pod and a pod from elsewhere reach, and whether the cluster enforces NetworkPolicies at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from airstrip.errors import AirstripError
from airstrip.kube import plan_changes
from airstrip.manifests import SCHEDULER, build_manifests
from airstrip.operations.properties.names import FORBIDDEN, TASKS
from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.refusals import by_rbac
from airstrip.operations.properties.scene import Scene
from airstrip.operations.properties.tasks import not_green
from airstrip.operations.render import NOT_BUILT

_NAME: Final = "network"
_NEEDED = {"dns": "DNS", "execution-api": "the execution API"}
# What proves that the network of a pod works of which everything is kept: this answers everybody.
_NEEDED_OUTSIDE = {"dns": "DNS", "kubernetes": "the Kubernetes API"}
_API_VERSION, _KIND = "networking.k8s.io/v1", "NetworkPolicy"


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
    seen = scene.returned(TASKS, "network")
    if seen is None:
        return not_green(scene, _NAME, "network")
    missing = [words for key, words in _NEEDED.items() if not seen.get(key)]
    if missing:
        return failed(
            _NAME,
            f"a task's pod does not reach {' and '.join(missing)}",
            "A NetworkPolicy that is not Airstrip's closes the way, or the cluster's DNS does not work.",
            f"See the policies: kubectl get networkpolicies -A; and the task: ./airstrip logs {TASKS} network",
            "\n".join(scene.log(TASKS, "network")[-15:]),
        )
    outside = _from_outside(scene)
    reached = [f"a task's pod reaches the {name}" for name in scene.given.addresses if seen.get(name)]
    foreigners = (name for name in scene.given.addresses_outside if outside.reached.get(name))
    reached += [f"a pod of {FORBIDDEN} reaches the {name.replace('-api', ' API')}" for name in foreigners]
    if not reached:
        return _closed(scene, outside)
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


@dataclass(frozen=True)
class _Outside:
    """What a pod of another namespace reaches, or `why` that proves nothing; `may_not`: we may make no pod there."""

    reached: Mapping[str, bool] = field(default_factory=dict)
    why: str = ""
    may_not: bool = False


def _from_outside(scene: Scene) -> _Outside:
    """Who reaches nothing at all has no network: what must answer everybody must answer this pod too."""
    error = scene.refused("outside")
    if error is None:
        try:
            reached = scene.outside_look.said()
        except AirstripError as unseen:
            error = unseen
    if error is not None:
        return _Outside(why=error.message, may_not=by_rbac(f"{error.message} {error.details}"))
    missing = [words for key, words in _NEEDED_OUTSIDE.items() if not reached.get(key)]
    return _Outside(reached, f"a pod there does not reach {' and '.join(missing)}" if missing else "")


def _closed(scene: Scene, outside: _Outside) -> Outcome:
    """Nobody reached what is to be closed: proved by those whose network works, of what was there to be reached."""
    if SCHEDULER not in scene.given.addresses:
        return failed(
            _NAME,
            "no scheduler was ready, so whether it is reached could not be looked at",
            "It does not run, or was just started.",
            "See which: ./airstrip status; once it is ready: ./airstrip verify --only network",
        )
    if outside.why and not outside.may_not:
        return failed(
            _NAME,
            f"from the namespace {FORBIDDEN} it could not be looked at: {outside.why}",
            "The pod did not start, its network does not work, or a NetworkPolicy of that namespace keeps it in.",
            f"See which: kubectl get networkpolicies,events -n {FORBIDDEN}",
        )
    text = f"a task's pod reaches DNS and the execution API, not the {' and the '.join(scene.given.addresses)}"
    if outside.why:
        return proved(text, limits=(f"not tried from another namespace: {outside.why}",))
    return proved(f"{text}; a pod of {FORBIDDEN} reaches none of them but DNS")


def _reaches_all(scene: Scene, seen: Mapping[str, bool], outside: _Outside) -> bool:
    """Where nothing at all is kept from anybody, no policy is enforced."""
    inside = all(seen.get(name) for name in scene.given.addresses)
    return inside and (bool(outside.why) or all(outside.reached.get(name) for name in scene.given.addresses_outside))


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
