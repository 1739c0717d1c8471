"""What a task's pod and a pod from elsewhere reach, and whether the cluster enforces NetworkPolicies at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from airstrip.errors import AirstripError
from airstrip.kube import plan_changes
from airstrip.manifests import API_SERVER, POSTGRESQL, SCHEDULER, build_manifests
from airstrip.operations.database_url import running_url_secret
from airstrip.operations.properties.foreign_policies import KIND, Policy, Way, foreign_policies, may_open
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
_DOORS = {"database": POSTGRESQL, "scheduler": SCHEDULER, "execution-api": API_SERVER}
_SHARED = "with airflow.executor: local, tasks share the scheduler's pod, which needs the database"


_NOT_OURS = "the database is not in the cluster: who reaches it, the network around it says"


def network(scene: Scene) -> Outcome:
    """Of a database outside nothing can be said: no policy of ours is around it."""
    outcome = _tried(scene)
    return replace(outcome, limits=(*outcome.limits, _NOT_OURS)) if scene.session.spec.database.url else outcome


def _tried(scene: Scene) -> Outcome:
    """By attempts only. The database listens, for Airflow works: who does not reach it is kept from it.

    Where tasks have no pods of their own, there is nobody but the pod of another namespace to be kept from it.
    """
    if lacking := _lacking(scene):
        return failed(
            _NAME,
            f"the NetworkPolicies are not those of the landing: {', '.join(lacking)}",
            "Somebody deleted or changed them.",
            "Make them again: ./airstrip up",
        )
    seen = scene.returned(TASKS, "network") if scene.tasks_have_pods else dict.fromkeys(_NEEDED, True)
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
    spec = scene.session.spec
    inside = [name for name in scene.given.addresses if seen.get(name)]
    foreigners = [name for name in scene.given.addresses_outside if outside.reached.get(name)]
    reached = {
        **{f"a task's pod reaches the {name}": _way(scene, spec.namespaces.workers, name) for name in inside},
        **{f"a pod of {FORBIDDEN} reaches the {_words(name)}": _way(scene, FORBIDDEN, name) for name in foreigners},
    }
    if not reached:
        return _closed(scene, outside)
    return _open(scene, reached, _reaches_all(scene, seen, outside))


def _words(door: str) -> str:
    return door.replace("-api", " API")


def _way(scene: Scene, caller: str, door: str) -> Way:
    spec = scene.session.spec
    return Way(caller, _DOORS[door], spec.name, spec.namespaces.control)


def _open(scene: Scene, reached: Mapping[str, Way], is_all: bool) -> Outcome:
    """Where every door is open, and one of them by nobody's leave, the cluster enforces no policy."""
    foreign = _foreign(scene)
    first, names = next(iter(reached)), [item["metadata"]["name"] for item in foreign]
    if is_all and not all(any(may_open(policy, way) for policy in foreign) for way in reached.values()):
        limits = (f"policies of others are in {scene.session.spec.namespaces.control}: {', '.join(names)}",)
        return not_applicable(f"this cluster enforces no NetworkPolicy: {first}", limits=limits if foreign else ())
    opening = [item["metadata"]["name"] for item in foreign if any(may_open(item, way) for way in reached.values())]
    cause = "The cluster enforces only some of them."
    if opening:
        cause = f"Another policy opens the way: {', '.join(opening)}."
    if opening and is_all:
        cause += " Or the cluster enforces none, which cannot be told from it."
    return failed(_NAME, first, cause, "See all that apply: kubectl get networkpolicies -A", "\n".join(reached))


@dataclass(frozen=True)
class _Outside:
    """What a pod of another namespace reaches, or `why` that proves nothing; `may_not`: we may make no pod there."""

    reached: Mapping[str, bool] = field(default_factory=dict)
    why: str = ""
    may_not: bool = False


def _from_outside(scene: Scene) -> _Outside:
    """Who reaches nothing at all has no network: what must answer everybody must answer this pod too."""
    try:
        if error := scene.refused("outside"):
            raise error
        reached = scene.outside_look.said()
    except AirstripError as error:
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
    if not scene.tasks_have_pods:
        return _closed_to_others(scene, outside)
    text = f"a task's pod reaches DNS and the execution API, not the {' and the '.join(scene.given.addresses)}"
    if outside.why:
        return proved(text, limits=(f"not tried from another namespace: {outside.why}",))
    return proved(f"{text}; a pod of {FORBIDDEN} reaches none of them but DNS")


def _closed_to_others(scene: Scene, outside: _Outside) -> Outcome:
    if outside.why:
        return not_applicable(f"{_SHARED}; not tried from another namespace: {outside.why}")
    doors = " and the ".join(_words(name) for name in scene.given.addresses_outside)
    return proved(f"a pod of {FORBIDDEN} reaches DNS, not the {doors}", limits=(_SHARED,))


def _reaches_all(scene: Scene, seen: Mapping[str, bool], outside: _Outside) -> bool:
    """Where nothing at all is kept from anybody, no policy is enforced."""
    from_outside = all(outside.reached.get(name) for name in scene.given.addresses_outside)
    if not scene.tasks_have_pods:
        return from_outside
    return all(seen.get(name) for name in scene.given.addresses) and (bool(outside.why) or from_outside)


def _lacking(scene: Scene) -> list[str]:
    """Policies that a landing has and that are not there, or are other ones: as `plan` finds them."""
    spec, platform = scene.session.spec, scene.session.platform
    url_secret = running_url_secret(spec, scene.session.cluster)
    manifests = build_manifests(spec, platform, NOT_BUILT, {}, url_secret=url_secret)
    wanted = [item for stage in manifests.stages for item in stage.objects]
    policies = [item for item in wanted if item["kind"] == KIND]
    changes = plan_changes(scene.session.cluster, policies)
    return [f"{change.entry.name} in {change.entry.namespace}" for change in changes]


def _foreign(scene: Scene) -> list[Policy]:
    spec = scene.session.spec
    return foreign_policies(scene.session.cluster, spec.namespaces.control, spec.name)
