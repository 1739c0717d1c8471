"""One of Airflow's processes as a pod template: what api-server, scheduler and the others share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from airstrip.manifests import pod_security
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import labels
from airstrip.manifests.names import ENVIRONMENT_MAP, KEYS_SECRET, URL_KEY
from airstrip.manifests.room import component_of, resources, with_room
from airstrip.manifests.settings import variables
from airstrip.manifests.volumes import Mount, claims_of, mounts_of, volumes_of


@dataclass(frozen=True)
class SecretVariable:
    """An environment variable out of a Secret."""

    name: str
    secret: str
    key: str

    def to_object(self) -> Object:
        return {"name": self.name, "valueFrom": {"secretKeyRef": {"name": self.secret, "key": self.key}}}


FERNET_KEY = SecretVariable("AIRFLOW__CORE__FERNET_KEY", KEYS_SECRET, "fernet-key")
API_SECRET_KEY = SecretVariable("AIRFLOW__API__SECRET_KEY", KEYS_SECRET, "api-secret-key")
JWT_SECRET = SecretVariable("AIRFLOW__API_AUTH__JWT_SECRET", KEYS_SECRET, "jwt-secret")


def database_url(inputs: Inputs) -> SecretVariable:
    return SecretVariable("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", inputs.database.secret, URL_KEY)


@dataclass(frozen=True)
class Resources:
    """Memory in MiB, CPU in thousandths of a core.

    No CPU limit: it would only slow a start on an idle machine, and requests share a busy one out (0013).
    """

    cpu: int
    memory: int
    memory_limit: int

    def to_object(self) -> Object:
        return {
            "requests": {"cpu": f"{self.cpu}m", "memory": f"{self.memory}Mi"},
            "limits": {"memory": f"{self.memory_limit}Mi"},
        }


@dataclass(frozen=True)
class Process:
    """What tells one process from the others.

    `settings` come on top of the shared ones; `runs_dags`: it parses files of DAGs or runs tasks; `grace_seconds` is
    how long it may take to stop.
    """

    component: str
    args: tuple[str, ...]
    resources: Resources
    secrets: tuple[SecretVariable, ...]
    mounts: tuple[Mount, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    uses_kubernetes: bool = False
    runs_dags: bool = False
    ports: Mapping[str, int] = field(default_factory=dict)
    probes: Mapping[str, Object] = field(default_factory=dict)
    grace_seconds: int = 30


def airflow_container(
    inputs: Inputs,
    name: str,
    args: tuple[str, ...],
    resources: Resources,
    secrets: tuple[SecretVariable, ...],
    mounts: tuple[Mount, ...],
) -> Object:
    """A container of the control plane: settings from the shared ConfigMap, secrets one by one."""
    return {
        "name": name,
        "image": inputs.images.airflow,
        "imagePullPolicy": "IfNotPresent",
        "args": list(args),
        "envFrom": [{"configMapRef": {"name": inputs.config_maps[ENVIRONMENT_MAP]}}],
        "env": [variable.to_object() for variable in secrets],
        "resources": resources.to_object(),
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": mounts_of(mounts),
    }


def pod_template(inputs: Inputs, process: Process) -> Object:
    """The pod template of a process; rolls when anything that it reads changes."""
    container = airflow_container(
        inputs, process.component, process.args, process.resources, process.secrets, process.mounts
    )
    if process.runs_dags:
        container["image"] = inputs.images.with_dags
    container["env"] += variables({**component_of(inputs, process.component).env, **process.settings})
    container["resources"] = resources(inputs, process.component, container["resources"])
    if process.ports:
        container["ports"] = [{"name": name, "containerPort": port} for name, port in process.ports.items()]
    reads = {*claims_of(process.mounts), *(variable.secret for variable in process.secrets)}
    spec = {
        "automountServiceAccountToken": process.uses_kubernetes,
        "containers": [{**container, **process.probes}],
        "enableServiceLinks": False,
        "securityContext": pod_security.airflow_pod(),
        "serviceAccountName": process.component,
        "terminationGracePeriodSeconds": process.grace_seconds,
        "volumes": volumes_of(inputs, process.mounts),
    }
    return {
        "metadata": {
            "labels": labels(inputs, process.component),
            "annotations": inputs.checksum_annotations(reads),
        },
        "spec": with_room(inputs, process.component, spec),
    }
