"""Projects: what their pods find by the project's name in their namespace, and what DAG files may know of them.

Unlike other ConfigMaps, these change while their names stay: DAGs refer to them by these names, and a changed project
is no reason to roll anything (docs/decisions/0050-projects.md).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from airstrip.checksum import checksum
from airstrip.manifests import pod_security
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import deployment_labels
from airstrip.manifests.names import PROJECT, PROJECTS_DIR, PROJECTS_MAP
from airstrip.manifests.project_room import project_metadata, project_room
from airstrip.manifests.volumes import Mount
from airstrip.spec import Project, Quota, Spec
from airstrip_pods.conventions import (
    DATA_CLAIM,
    DATA_DIR,
    PROJECT_DATA_URL_VARIABLE,
    PROJECT_LABEL,
    PROJECT_VARIABLE,
    PROJECTS_VARIABLE,
    ProjectSettings,
    config_map_name,
    projects_to_json,
    secret_name,
    service_account_name,
)

SETTINGS_ANNOTATION = "airstrip/project-settings"
"""On a project's ConfigMap: what of the project is in none of its objects, as JSON."""
_OWN_VARIABLES = (PROJECT_VARIABLE, PROJECT_DATA_URL_VARIABLE)
_BY_FILE = "file"
_BY_COMMAND = "command"

PROJECTS: Mount = (
    {"name": PROJECTS_MAP, "configMap": {"name": PROJECTS_MAP, "optional": True}},
    {"name": PROJECTS_MAP, "mountPath": PROJECTS_DIR, "readOnly": True},
)
"""Of processes that read DAG files. kubelet keeps it up to date; airflow_local_settings.py hands it to each file."""


def build_projects(inputs: Inputs) -> tuple[Object, ...]:
    """Those that the file declares, without their Secrets; and what all Airflow pods know of all projects."""
    spec = inputs.spec
    declared = [item for name in spec.projects for item in (*project_objects(spec, name), *project_room(spec, name))]
    return (*declared, *projects_maps(inputs.spec, {**inputs.kept, **inputs.spec.projects}))


def project_objects(spec: Spec, name: str, project: Project | None = None) -> tuple[Object, Object]:
    """A service account and a ConfigMap; of the project that the file declares where none is given.

    The account has no rights and no token: it is who the pods are for a cloud.
    """
    project = spec.projects[name] if project is None else project
    account: Object = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": project_metadata(spec, service_account_name(name), name),
        "automountServiceAccountToken": False,
    }
    about = project_metadata(spec, config_map_name(name), name)
    config: Object = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**about, "annotations": {SETTINGS_ANNOTATION: _settings(project)}},
        "data": {
            **project.config,
            PROJECT_VARIABLE: name,
            **({PROJECT_DATA_URL_VARIABLE: project.data} if project.data else {}),
        },
    }
    return account, config


def project_secret(spec: Spec, name: str, values: Mapping[str, str]) -> Object:
    """Its values are in no manifest that is printed."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": project_metadata(spec, secret_name(name), name),
        "type": "Opaque",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in sorted(values.items())},
    }


def projects_maps(spec: Spec, projects: Mapping[str, Project]) -> tuple[Object, ...]:
    """One in each namespace of the deployment, with what a DAG file may know of these projects."""
    text = projects_to_json({name: _told(project) for name, project in projects.items()})
    return tuple(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": PROJECTS_MAP, "namespace": namespace, "labels": deployment_labels(spec)},
            "data": {PROJECTS_VARIABLE: text},
        }
        for namespace in spec.all_namespaces
    )


def projects_variable() -> Object:
    """Of task pods, which start after whatever they are to know."""
    source = {"name": PROJECTS_MAP, "key": PROJECTS_VARIABLE, "optional": True}
    return {"name": PROJECTS_VARIABLE, "valueFrom": {"configMapKeyRef": source}}


def parse_project(config: Object) -> tuple[Project, bool]:
    """The project of a ConfigMap, and whether the command line made it and not a file; without its Secret's values."""
    metadata, data = config["metadata"], config.get("data") or {}
    told = json.loads((metadata.get("annotations") or {}).get(SETTINGS_ANNOTATION, "{}"))
    project = Project(
        config={key: value for key, value in data.items() if key not in _OWN_VARIABLES},
        secrets=told.get("secrets", {}),
        pool=told.get("pool"),
        requests=told.get("requests", {}),
        limits=told.get("limits", {}),
        namespace=told.get("namespace", ""),
        quota=Quota(**told.get("quota", {})),
        data=data.get(PROJECT_DATA_URL_VARIABLE, ""),
    )
    return project, told.get("by") == _BY_COMMAND


def projects_selector(spec: Spec) -> str:
    """Of the objects of a deployment's projects."""
    return f"{PROJECT_LABEL},app.kubernetes.io/instance={spec.name}"


def pods_selector(name: str) -> str:
    """Of the pods of a project, which its DAGs make."""
    return f"{PROJECT_LABEL}={name}"


def project_of(item: Object) -> str:
    """The project that an object says it is of; empty for none."""
    return str((item["metadata"].get("labels") or {}).get(PROJECT_LABEL, ""))


def data_job(spec: Spec, image: str, name: str) -> Object:
    """A Job that deletes a project's folder, in the deployment's own image: as the user that its pods write as."""
    container: Object = {
        "name": PROJECT,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["rm", "-rf", "--", f"{DATA_DIR}/{name}"],
        "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": "128Mi"}},
        "securityContext": dict(pod_security.CONTAINER),
        "volumeMounts": [{"name": DATA_CLAIM, "mountPath": DATA_DIR}],
    }
    about = project_metadata(spec, f"airstrip-data-{checksum(name)}", name)
    pull = [{"name": secret} for secret in spec.image.pull_secrets]
    pod: Object = {
        "automountServiceAccountToken": False,
        "containers": [container],
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": pod_security.airflow_pod(),
        "volumes": [{"name": DATA_CLAIM, "persistentVolumeClaim": {"claimName": DATA_CLAIM}}],
        **({"imagePullSecrets": pull} if pull else {}),
    }
    template = {"metadata": {"labels": about["labels"]}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": about,
        "spec": {"backoffLimit": 0, "template": template},
    }


def _settings(project: Project) -> str:
    """Never a secret's value."""
    told = {
        "by": _BY_FILE if project.place else _BY_COMMAND,
        "secrets": dict(project.secrets),
        "pool": project.pool,
        "requests": dict(project.requests),
        "limits": dict(project.limits),
        "namespace": project.namespace,
        "quota": project.quota.model_dump(exclude_defaults=True),
    }
    return json.dumps({key: value for key, value in told.items() if value}, sort_keys=True)


def _told(project: Project) -> ProjectSettings:
    return ProjectSettings(
        requests=project.requests,
        limits=project.limits,
        config=True,
        secret=bool(project.secrets),
        service_account=True,
        pool=project.pool is not None,
        namespace=project.namespace or None,
        data=project.data or None,
    )
