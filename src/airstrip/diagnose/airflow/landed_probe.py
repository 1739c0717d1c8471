"""Reads what was landed for Airflow: its objects and its logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airstrip.diagnose.airflow import landed
from airstrip.diagnose.airflow.facts import AirflowFacts, SignFact
from airstrip.diagnose.airflow.settings import unknown_settings, variables_of
from airstrip.diagnose.airflow.signs import RECENT, find_signs
from airstrip.diagnose.facts import DeploymentFact
from airstrip.kube import Cluster, pod_log
from airstrip.redaction import without_credentials
from airstrip.spec.airflow_options import airflow_options

_TAIL = 200
_MOST_CONTAINERS = 16
_PARALLELISM = "AIRFLOW__CORE__PARALLELISM"
_SCHEDULER = "scheduler"
_RUNS_USERS_CODE = ("dag-processor", "triggerer")
_AIRFLOW = frozenset({"api-server", _SCHEDULER, "dag-processor", "triggerer"})

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
    """Of the control plane's containers that run, well or not: lines that match, and no others."""
    pods = cluster.list("v1", "Pod", deployment.control, label_selector=_ours(deployment))
    running = [
        (pod, status)
        for pod in pods
        for status in pod["status"].get("containerStatuses") or []
        if "running" in (status.get("state") or {})
    ]
    return AirflowFacts(
        signs=tuple(sign for pod, status in running[:_MOST_CONTAINERS] for sign in _signs_of(cluster, pod, status))
    )


def _signs_of(cluster: Cluster, pod: Object, status: Object) -> Iterator[SignFact]:
    name, namespace, component = pod["metadata"]["name"], pod["metadata"]["namespace"], landed.component_of(pod)
    lines = pod_log(cluster, name, namespace, container=status["name"], tail=_TAIL, since=RECENT)
    # One that does not get ready has not come to the user's code.
    mixed = component in _RUNS_USERS_CODE and status["ready"]
    for sign, matching in find_signs(map(without_credentials, lines), mixed=mixed).items():
        yield SignFact(sign, component, name, matching)


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
