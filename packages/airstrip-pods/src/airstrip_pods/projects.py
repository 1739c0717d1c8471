"""A project as a value: everything that its pods need, for both ways to make one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from airstrip_pods.conventions import (
    DATA_GROUP,
    PROJECT_LABEL,
    ProjectSettings,
    check_project,
    pool_name,
    secret_name,
    service_account_name,
)
from airstrip_pods.pods import data_volume, task_pod_configmaps, task_pod_volumes
from airstrip_pods.surroundings import environment_of, project_data, settings_of

if TYPE_CHECKING:
    from kubernetes.client import models as k8s

# The executor's own name for the container that a task runs in.
_CONTAINER = "base"


class OperatorArguments(TypedDict, total=False):
    """Keyword arguments of KubernetesPodOperator. What a project does not say is not there."""

    namespace: str
    labels: dict[str, str]
    env_vars: dict[str, str]
    env_from: list[k8s.V1EnvFromSource]
    volumes: list[k8s.V1Volume]
    volume_mounts: list[k8s.V1VolumeMount]
    container_resources: k8s.V1ResourceRequirements
    security_context: k8s.V1PodSecurityContext
    service_account_name: str
    automount_service_account_token: bool
    pool: str


class TaskArguments(TypedDict, total=False):
    """Keyword arguments of every operator, and of @task."""

    executor_config: dict[str, Any]
    pool: str


@dataclass(frozen=True)
class Project:
    """Every property makes new objects: whoever changes them changes nobody else's."""

    name: str
    settings: ProjectSettings

    @property
    def operator(self) -> OperatorArguments:
        """For `KubernetesPodOperator(task_id=..., image=..., **project("sales").operator)`."""
        volumes = task_pod_volumes(self.name)
        arguments: OperatorArguments = {
            "labels": {PROJECT_LABEL: self.name},
            "env_vars": environment_of(self.name),
            "env_from": _environment_sources(self),
            "volumes": volumes["volumes"],
            "volume_mounts": volumes["volume_mounts"],
        }
        if self.settings.namespace:
            arguments["namespace"] = self.settings.namespace
        if resources := _resources(self.settings):
            arguments["container_resources"] = resources
        if not project_data(self.name):
            arguments["security_context"] = _with_data_group()
        if self.settings.service_account:
            arguments["service_account_name"] = service_account_name(self.name)
            arguments["automount_service_account_token"] = _is_token_needed(self.name)
        if self.settings.pool:
            arguments["pool"] = pool_name(self.name)
        return arguments

    def operator_with(self, **own: Any) -> dict[str, Any]:
        """`operator` and `own`: lists follow each other, dicts are merged, of all else `own` counts.

        `env_vars` may be a dict or a list of V1EnvVar, as the operator takes both.
        """
        arguments: dict[str, Any] = {**self.operator}
        if isinstance(own.get("env_vars"), list):
            arguments["env_vars"] = _variables(arguments["env_vars"])
        return {**arguments, **{name: _merged(arguments.get(name), own[name]) for name in own}}

    @property
    def pod_override(self) -> k8s.V1Pod:
        """For `executor_config={"pod_override": project("sales").pod_override}` of a task under KubernetesExecutor.

        The template of the deployment's task pods has the DAGs and the user already.
        """
        from kubernetes.client import models as k8s

        volumes = data_volume(self.name)
        has_account = self.settings.service_account
        container = k8s.V1Container(
            name=_CONTAINER,
            env=_variables(environment_of(self.name)),
            env_from=_environment_sources(self),
            volume_mounts=volumes["volume_mounts"],
            resources=_resources(self.settings),
        )
        return k8s.V1Pod(
            metadata=k8s.V1ObjectMeta(namespace=self.settings.namespace, labels={PROJECT_LABEL: self.name}),
            spec=k8s.V1PodSpec(
                containers=[container],
                volumes=volumes["volumes"],
                service_account_name=service_account_name(self.name) if has_account else None,
                automount_service_account_token=_is_token_needed(self.name) if has_account else None,
            ),
        )

    @property
    def task(self) -> TaskArguments:
        """For any other operator, `@task(**project("sales").task)`: the pod, and the pool where there is one."""
        arguments: TaskArguments = {"executor_config": {"pod_override": self.pod_override}}
        if self.settings.pool:
            arguments["pool"] = pool_name(self.name)
        return arguments


def project(name: str) -> Project:
    """The project of that name. Raises ValueError for what cannot be one's name, ProjectError where there is none."""
    return Project(check_project(name), settings_of(name))


def _environment_sources(project: Project) -> list[k8s.V1EnvFromSource]:
    """The ConfigMap, then the Secret: where both have a name, the Secret counts."""
    from kubernetes.client import models as k8s

    has = project.settings.secret
    source = k8s.V1SecretEnvSource(name=secret_name(project.name), optional=has is None)
    secrets = [] if has is False else [k8s.V1EnvFromSource(secret_ref=source)]
    return [*task_pod_configmaps(project.name), *secrets]


def _resources(settings: ProjectSettings) -> k8s.V1ResourceRequirements | None:
    from kubernetes.client import models as k8s

    if not settings.requests and not settings.limits:
        return None
    return k8s.V1ResourceRequirements(requests=dict(settings.requests) or None, limits=dict(settings.limits) or None)


def _with_data_group() -> k8s.V1PodSecurityContext:
    """The group of the project's folder, besides those of the image's own user."""
    from kubernetes.client import models as k8s

    return k8s.V1PodSecurityContext(supplemental_groups=[DATA_GROUP])


def _is_token_needed(project: str) -> bool:
    """Whether the account's token must be a file in the pod.

    The other clouds give a workload its identity without it; OCI's SDK reads the one of Kubernetes.
    """
    return urlsplit(project_data(project) or "").scheme == "oci"


def _variables(values: dict[str, str]) -> list[k8s.V1EnvVar]:
    from kubernetes.client import models as k8s

    return [k8s.V1EnvVar(name=name, value=value) for name, value in values.items()]


def _merged(ours: Any, own: Any) -> Any:
    if isinstance(ours, list) and isinstance(own, list):
        return [*ours, *own]
    if isinstance(ours, dict) and isinstance(own, dict):
        return {**ours, **own}
    return own
