"""The names that a deployment and its DAGs agree on. Standard library only: both sides import it.

A project is a DNS label. In the namespace that its pods run in, it may have

- a ConfigMap, a Secret and a service account, each named exactly as the project;
- a folder of its name in the claim `data` (`DATA_CLAIM`), which its pods mount read-write at /opt/data
  (`DATA_DIR`) with subPath=PROJECT: what a pod sees there is the project's own folder and no other. The deployment
  makes the folder (kubelet would make it root's), of group 0 and with `DATA_MODE`: images of different users share it,
  because the pods have group 0 besides their own;
- an Airflow pool of its name.

A project may have a namespace of its own, which these lie in then: that namespace's claim `data` is the project's
folder itself, mounted without subPath.

The DAGs' claim is `dags` (`DAGS_CLAIM`), read-only at /opt/airflow/dags (`DAGS_DIR`). Pushed files, and those of
git-sync, have a claim of another name with a folder for each version: a pod that a task makes mounts that folder there
which the task itself runs (`RUNNING_VERSION`).

The project's ConfigMap should also hold AIRSTRIP_PROJECT, and AIRSTRIP_PROJECT_DATA_URL or AIRSTRIP_DATA_URL where
there is one: then a pod that refers to no more than the ConfigMap knows where its data is. Names that begin with
AIRSTRIP_ are not the user's.

Environment:

AIRSTRIP_PROJECT (`PROJECT_VARIABLE`), in every pod made for a project
    The project's name.
AIRSTRIP_DATA_URL (`DATA_URL_VARIABLE`), on all Airflow pods and all pods of projects
    Where the data of all projects is, if it is not in the claim: a URL such as s3://bucket/prefix. A project's own is
    URL/PROJECT (`project_url`). Absent: data is in the claim.
AIRSTRIP_PROJECT_DATA_URL (`PROJECT_DATA_URL_VARIABLE`), in pods of a project whose data has a place of its own
    Where the data of the project that AIRSTRIP_PROJECT names is: the URL itself. It counts before AIRSTRIP_DATA_URL.
AIRSTRIP_DAGS_CLAIM (`DAGS_CLAIM_VARIABLE`), on all Airflow pods
    The name of the claim with the DAGs, where the volume is that folder.
AIRSTRIP_DAGS_VERSIONS_CLAIM (`DAGS_VERSIONS_CLAIM_VARIABLE`), on all Airflow pods
    The name of the claim with the versions of the DAGs, where the volume has a folder for each. With neither, DAGs are
    in no volume: cloned by each pod, or in the image.
AIRSTRIP_PROJECTS (`PROJECTS_VARIABLE`), on all Airflow pods
    What the deployment knows of its projects, readable while a DAG file is parsed: see `ProjectSettings`,
    `projects_to_json` and `projects_from_json`. A project that it does not name does not exist. Absent: any project
    may exist, its ConfigMap and Secret are referred to as optional, and it has no resources and no pool.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PROJECT_VARIABLE = "AIRSTRIP_PROJECT"
DATA_URL_VARIABLE = "AIRSTRIP_DATA_URL"
PROJECT_DATA_URL_VARIABLE = "AIRSTRIP_PROJECT_DATA_URL"
DAGS_CLAIM_VARIABLE = "AIRSTRIP_DAGS_CLAIM"
DAGS_VERSIONS_CLAIM_VARIABLE = "AIRSTRIP_DAGS_VERSIONS_CLAIM"
PROJECTS_VARIABLE = "AIRSTRIP_PROJECTS"

DATA_CLAIM = "data"
DATA_DIR = "/opt/data"
DATA_GROUP = 0
DATA_MODE = 0o2775
"""What is made in a project's folder belongs to its group too."""
STORE_CLIENTS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "oci": "ocifs"}
"""By the protocol of a URL: the Python package that fsspec reads that object store by.

Of stores whose files can be given up: nothing of them is seen before they are complete.
"""
DAGS_CLAIM = "dags"
DAGS_DIR = "/opt/airflow/dags"
RUNNING_VERSION = f"{{{{ ti.bundle_instance.path.relative_to('{DAGS_DIR}') | string }}}}"
"""A template: the folder within the claim of versions that the task runs, whose Airflow pods mount that at DAGS_DIR.

A path that was written while the file is parsed would make every DAG another one with each push.
"""

PROJECT_LABEL = "airstrip/project"
"""On every pod made for a project, and on the project's own objects; its value is the project's name."""

MAX_PROJECT_LENGTH = 63
RESERVED_PROJECTS = frozenset({"default"})
"""A service account `default` is every pod's of its namespace."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def check_project(project: str) -> str:
    """The name itself. Raises ValueError where it cannot be a project's."""
    if project in RESERVED_PROJECTS:
        raise ValueError(f"{project!r} cannot be a project's name: Kubernetes has a service account of that name.")
    if len(project) > MAX_PROJECT_LENGTH or not _LABEL.fullmatch(project):
        raise ValueError(
            f"{project!r} cannot be a project's name: at most {MAX_PROJECT_LENGTH} lower-case letters, digits and "
            "hyphens, with a letter or a digit at both ends, as in sales-reports."
        )
    return project


def config_map_name(project: str) -> str:
    return check_project(project)


def secret_name(project: str) -> str:
    return check_project(project)


def service_account_name(project: str) -> str:
    return check_project(project)


def pool_name(project: str) -> str:
    return check_project(project)


def data_sub_path(project: str) -> str:
    """The project's folder in the claim."""
    return check_project(project)


def project_url(base: str, project: str) -> str:
    """The project's data below AIRSTRIP_DATA_URL, without a slash at the end."""
    return f"{base.rstrip('/')}/{check_project(project)}"


@dataclass(frozen=True)
class ProjectSettings:
    """What a DAG file may know of a project. None: not known, so what it is about is referred to as optional.

    `requests` and `limits` are Kubernetes' own, such as {"cpu": "500m", "memory": "1Gi"}: of containers of the
    project that name none. `config`, `secret`, `service_account` and `pool`: whether the project has that object;
    an account and a pool are used only where this is True. `namespace`: of its pods, where that is not the workers'.
    `data`: the URL of its data, where that has a place of its own.
    """

    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    config: bool | None = None
    secret: bool | None = None
    service_account: bool = False
    pool: bool = False
    namespace: str | None = None
    data: str | None = None


def projects_to_json(projects: Mapping[str, ProjectSettings]) -> str:
    """The text of AIRSTRIP_PROJECTS; the same for equal projects, whatever their order."""
    return json.dumps({check_project(name): _to_object(projects[name]) for name in sorted(projects)}, sort_keys=True)


def projects_from_json(text: str) -> dict[str, ProjectSettings]:
    """The reverse of `projects_to_json`. Keys that a newer deployment knows are ignored. Raises ValueError."""
    try:
        found = json.loads(text)
        return {check_project(name): _from_object(found[name]) for name in found}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{PROJECTS_VARIABLE} is not what a deployment writes there: {error}") from error


def _to_object(settings: ProjectSettings) -> dict[str, Any]:
    """Without what is not known or not so."""
    written = {
        "requests": dict(settings.requests) or None,
        "limits": dict(settings.limits) or None,
        "config": settings.config,
        "secret": settings.secret,
        "serviceAccount": settings.service_account or None,
        "pool": settings.pool or None,
        "namespace": settings.namespace,
        "data": settings.data,
    }
    return {key: value for key, value in written.items() if value is not None}


def _from_object(found: Mapping[str, Any]) -> ProjectSettings:
    return ProjectSettings(
        requests=dict(found.get("requests", {})),
        limits=dict(found.get("limits", {})),
        config=found.get("config"),
        secret=found.get("secret"),
        service_account=bool(found.get("serviceAccount", False)),
        pool=bool(found.get("pool", False)),
        namespace=found.get("namespace"),
        data=found.get("data"),
    )
