"""Reads what was landed for Airflow: its objects and its logs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from airstrip.diagnose.airflow import landed
from airstrip.diagnose.airflow.facts import AirflowFacts, SignFact
from airstrip.diagnose.airflow.settings import unknown_settings, variables_of
from airstrip.diagnose.airflow.signs import (
    RECENT,
    Signs,
    find_signs,
    has_reached_database,
    joined,
    signs_of_process,
)
from airstrip.diagnose.facts import DeploymentFact
from airstrip.kube import LEFT_OUT, Cluster, pod_log
from airstrip.redaction import lines_without_credentials
from airstrip.spec.airflow_options import airflow_options
from airstrip.spec.own_pods import GIT_SYNC_PREFIX
from airstrip.times import age

_TAIL = 200
_MOST_CONTAINERS = 16
_PARALLELISM = "AIRFLOW__CORE__PARALLELISM"
_SCHEDULER, _API_SERVER = "scheduler", "api-server"
_JUST = 5
"""Seconds."""
_LOG_PAUSES = (0.2, 0.5, 0.8)
_RUNS_USERS_CODE = ("dag-processor", "triggerer")
_HAVE_MAIN_LOOP = (_SCHEDULER, *_RUNS_USERS_CODE)
_AIRFLOW = frozenset({_API_SERVER, _SCHEDULER, "dag-processor", "triggerer"})

Object = dict[str, Any]


def objects(cluster: Cluster, deployment: DeploymentFact) -> AirflowFacts:
    """Workloads, the Secrets that they read, who read them when, and settings."""
    namespace, ours = deployment.control, _ours(deployment)
    found = [item for kind in ("Deployment", "StatefulSet") for item in _list(cluster, kind, namespace, ours)]
    jobs = cluster.list("batch/v1", "Job", namespace, label_selector=ours)
    used = [each for item in [*found, *jobs] for each in landed.references(item)]
    names = dict.fromkeys(each.secret for each in used)
    secrets = {name: cluster.get("v1", "Secret", name, namespace) for name in names}
    live = {name: secret for name, secret in secrets.items() if secret is not None}
    pods = cluster.list("v1", "Pod", namespace, label_selector=ours)
    variables = _variables(cluster, found, namespace)
    parallelism = variables.get(_SCHEDULER, {}).get(_PARALLELISM, "")
    return AirflowFacts(
        images=tuple(landed.images(found)),
        secrets=tuple(
            landed.secret_fact(name, secret, [each for each in used if each.secret == name])
            for name, secret in secrets.items()
        ),
        readers=tuple(landed.reader_facts(pods, used, live)),
        settings=tuple(
            setting
            for component, values in variables.items()
            for setting in unknown_settings(component, values, airflow_options())
        ),
        parallelism=int(parallelism) if parallelism.isdecimal() else None,
    )


def signs(cluster: Cluster, deployment: DeploymentFact) -> AirflowFacts:
    """Of the control plane's containers that run, well or not, or ended just now: lines that match, and no others."""
    pods = cluster.list("v1", "Pod", deployment.control, label_selector=_ours(deployment))
    heard = [
        (pod, status, life)
        for pod in pods
        for status in (*(pod["status"].get("containerStatuses") or []), *_git_syncs(pod))
        if (life := _last_life(pod, status)) is not None
    ]
    return AirflowFacts(signs=tuple(sign for each in heard[:_MOST_CONTAINERS] for sign in _signs_of(cluster, *each)))


def undecrypted(cluster: Cluster, deployment: DeploymentFact) -> tuple[str, ...]:
    """What API servers just logged of things that their Fernet key does not decrypt: a moment after their answer."""
    selector = f"{_ours(deployment)},{landed.COMPONENT}={_API_SERVER}"
    pods = cluster.list("v1", "Pod", deployment.control, label_selector=selector)
    for pause in _LOG_PAUSES:
        time.sleep(pause)
        logs = [
            pod_log(cluster, pod["metadata"]["name"], deployment.control, container=_API_SERVER, since=_JUST)
            for pod in pods
        ]
        found = find_signs(line for log in logs for line in lines_without_credentials(log)).get("fernet", ())
        if found:
            return found
    return ()


def _last_life(pod: Object, status: Object) -> Object | None:
    """The one that its log is of: it runs, or it ended badly and the next has not begun. Whoever looked at the pods a
    moment before may have seen it run."""
    state = status.get("state") or {}
    if "running" in state:
        return dict(state["running"])
    if _is_over(pod):
        return None
    ended = state.get("terminated") or _life_before(status)
    return ended if _ended_badly(ended) else None


def _is_over(pod: Object) -> bool:
    """Nothing of it will be started again."""
    return bool(pod["metadata"].get("deletionTimestamp")) or pod["status"].get("phase") != "Running"


def _life_before(status: Object) -> Object:
    return (status.get("lastState") or {}).get("terminated") or {}


def _ended_badly(life: Object) -> bool:
    """Just now. Of one that ended with its node, ContainerStatusUnknown, the kubelet does not say when."""
    return bool(life.get("exitCode") and life.get("finishedAt")) and age(life["finishedAt"]) < RECENT


def _signs_of(cluster: Cluster, pod: Object, status: Object, life: Object) -> Iterator[SignFact]:
    component = landed.component_of(pod)
    lines = _log(cluster, pod, status)
    has_main_loop = component in _HAVE_MAIN_LOOP and not _is_git_sync(status)
    found = _of_main_loop(cluster, pod, status, life, lines) if has_main_loop else find_signs(lines)
    for sign, matching in found.items():
        yield SignFact(sign, component, pod["metadata"]["name"], matching)


def _git_syncs(pod: Object) -> list[Object]:
    """Of the file's own sidecars nothing is known."""
    statuses: list[Object] = pod["status"].get("initContainerStatuses") or []
    return [status for status in statuses if _is_git_sync(status)]


def _is_git_sync(status: Object) -> bool:
    return str(status["name"]).startswith(GIT_SYNC_PREFIX)


def _of_main_loop(cluster: Cluster, pod: Object, status: Object, life: Object, lines: list[str]) -> Signs:
    """Some have no readiness to tell that they have begun: the log of a life that is young does, being whole. One that
    has not reached the database yet says so with the last words of the life before, which ended just now."""
    runs_users_code = landed.component_of(pod) in _RUNS_USERS_CODE
    is_whole = _is_whole(life, lines)
    had_begun = not is_whole and bool(status["ready"] or life.get("finishedAt"))
    found = signs_of_process(lines, runs_users_code=runs_users_code, has_begun=had_begun)
    earlier = _life_before(status)
    # The log is of the life that the kubelet has now; the API may not have heard yet that the one before is over.
    if not is_whole or has_reached_database(lines) or (earlier and not _ended_badly(earlier)):
        return found
    before = _log(cluster, pod, status, previous=True)
    had_begun = not _is_whole(earlier, before)
    return joined(signs_of_process(before, runs_users_code=runs_users_code, has_begun=had_begun), found)


def _is_whole(life: Object, lines: list[str]) -> bool:
    """Whether these are all the lines of a life: of one that the kubelet does not date it is not known to be longer."""
    started = life.get("startedAt")
    return len(lines) < _TAIL and LEFT_OUT not in lines and (not started or age(started) < RECENT)


def _log(cluster: Cluster, pod: Object, status: Object, *, previous: bool = False) -> list[str]:
    """Of the last minute, without credentials."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    lines = pod_log(cluster, name, namespace, container=status["name"], tail=_TAIL, since=RECENT, previous=previous)
    return lines_without_credentials(lines)


def _variables(cluster: Cluster, items: list[Object], namespace: str) -> dict[str, Mapping[str, str]]:
    """Of Airflow's own processes, by component."""
    sources = [
        source["configMapRef"]["name"]
        for item in items
        for source in item["spec"]["template"]["spec"]["containers"][0].get("envFrom") or []
        if "configMapRef" in source
    ]
    maps: dict[str, Mapping[str, str]] = {}
    for name in dict.fromkeys(sources):
        maps[name] = ((cluster.get("v1", "ConfigMap", name, namespace) or {}).get("data")) or {}
    named = {landed.component_of(item): item for item in items}
    return {component: variables_of(item, maps) for component, item in named.items() if component in _AIRFLOW}


def _list(cluster: Cluster, kind: str, namespace: str, selector: str) -> list[Object]:
    # What a list answers does not name its kind.
    return [{**item, "kind": kind} for item in cluster.list("apps/v1", kind, namespace, label_selector=selector)]


def _ours(deployment: DeploymentFact) -> str:
    return f"app.kubernetes.io/managed-by=airstrip,app.kubernetes.io/instance={deployment.name}"
