"""Airstrip's local settings: pods that pod security `restricted` admits, and access for tasks that need it.

Airflow imports this module in the scheduler, the DAG processor, the triggerer and every task pod. It
is found by PYTHONPATH; a deployment's own airflow_local_settings (in AIRFLOW_HOME/config, in the
image's packages) is found behind it and stays in force: its hooks run first, its names are kept.
Parsing waits for this file: it imports nothing of Airflow or Kubernetes until a task needs it.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import os
import sys
from importlib.machinery import PathFinder

_NAME = "airflow_local_settings"
_PROVIDER = "airflow.providers.cncf.kubernetes."
_SIDECAR = "airflow-xcom-sidecar"
_PROJECTS = "AIRSTRIP_PROJECTS"
_PROJECT_LABEL = "airstrip/project"


def _load_own():
    """The deployment's own module of the same name further down the path, or None."""
    here = os.path.dirname(os.path.abspath(__file__))
    config = os.path.join(os.environ.get("AIRFLOW_HOME", os.path.expanduser("~/airflow")), "config")
    folders = [folder for folder in [*sys.path, config] if os.path.abspath(folder) != here]
    spec = PathFinder.find_spec(_NAME, folders)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_own = _load_own()
_own_names = [] if _own is None else getattr(_own, "__all__", [name for name in vars(_own) if name[:2] != "__"])
globals().update({name: getattr(_own, name) for name in _own_names})

__all__ = [*_own_names, "pod_mutation_hook", "task_policy"]


def _read_projects():
    """What DAG files may know of projects, as it is now: kubelet keeps the file up to date where it is mounted."""
    home = os.environ.get("AIRFLOW_HOME", os.path.expanduser("~/airflow"))
    try:
        with open(os.path.join(home, "airstrip-projects", _PROJECTS), encoding="utf-8") as file:
            os.environ[_PROJECTS] = file.read()
    except OSError:
        pass


_read_projects()
# Each DAG file is parsed in a process of its own, a fork of this one: no process starts anew for a changed project.
os.register_at_fork(after_in_child=_read_projects)


def pod_mutation_hook(pod):
    """Fills what `restricted` demands where it is missing; what a DAG's author set is left alone."""
    if hasattr(_own, "pod_mutation_hook"):
        _own.pod_mutation_hook(pod)
    spec = pod.spec
    # A pod that an operator makes: of the namespace's default account it needs no token.
    if spec.service_account_name is None and spec.automount_service_account_token is None:
        spec.automount_service_account_token = False
    for container in [*(spec.init_containers or []), *(spec.containers or [])]:
        if container.name == _SIDECAR:
            _use_own_image(container)
        _restrict(container, spec.security_context)


def _use_own_image(container):
    """The provider's default is an image from the internet that runs as root; any shell will do."""
    image = os.environ.get("AIRSTRIP_AIRFLOW_IMAGE")
    if image:
        container.image = image


def _restrict(container, pod_context):
    """Dicts, which the operators take as well, have the API's own names."""
    from kubernetes.client import models as k8s

    context = container.security_context
    if context is None:
        context = container.security_context = k8s.V1SecurityContext()
    if _get(context, "allow_privilege_escalation") is None:
        _set(context, "allow_privilege_escalation", False)
    if _get(context, "run_as_non_root") is None and _get(pod_context, "run_as_non_root") is None:
        _set(context, "run_as_non_root", True)
    if _get(context, "seccomp_profile") is None and _get(pod_context, "seccomp_profile") is None:
        _set(context, "seccomp_profile", k8s.V1SeccompProfile(type="RuntimeDefault"))
    capabilities = _get(context, "capabilities")
    if capabilities is None:
        _set(context, "capabilities", k8s.V1Capabilities(drop=["ALL"]))
    elif "ALL" not in (_get(capabilities, "drop") or []):
        _set(capabilities, "drop", ["ALL"])


def _camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _get(holder, name):
    if isinstance(holder, dict):
        return holder.get(_camel(name), holder.get(name))
    return getattr(holder, name, None)


def _set(holder, name, value):
    if isinstance(holder, dict):
        holder[_camel(name)] = value
    else:
        setattr(holder, name, value)


def task_policy(task):
    """Tasks that use the Kubernetes API run with the account that may; all others have no token.

    What a pod of a project needs may be in a namespace of the project's own: there it is made.
    """
    if hasattr(_own, "task_policy"):
        _own.task_policy(task)
    if _uses_kubernetes(task):
        _give_account(task)
        _give_namespace(task)


def _uses_kubernetes(task):
    """Whether the operator, or what it is derived from, is of the Kubernetes provider."""
    operator = getattr(task, "operator_class", None)
    if not isinstance(operator, type):
        operator = type(task)
    return any(base.__module__.startswith(_PROVIDER) for base in operator.__mro__)


def _give_account(task):
    """An account that the DAG's author named stays; the rest of a pod_override stays in any case.

    A project's own account may nothing in the cluster, and is for the pod that the operator makes. It is changed
    in a copy: a plain task may share the author's own.
    """
    account = os.environ.get("AIRSTRIP_PODS_SERVICE_ACCOUNT")
    if not account:
        return
    from kubernetes.client import models as k8s

    config = dict(getattr(task, "executor_config", None) or {})
    pod = copy.deepcopy(config.get("pod_override")) or k8s.V1Pod()
    if pod.spec is None:
        pod.spec = k8s.V1PodSpec(containers=[k8s.V1Container(name="base")])
    labels = getattr(pod.metadata, "labels", None) or {}
    if pod.spec.service_account_name in (None, labels.get(_PROJECT_LABEL)):
        pod.spec.service_account_name = account
    if pod.spec.automount_service_account_token is None:
        pod.spec.automount_service_account_token = True
    config["pod_override"] = pod
    _set_argument(task, "executor_config", config)


def _give_namespace(task):
    """That of the project whose ConfigMap or Secret the pod names, where that has one and the author named none."""
    if _argument(task, "namespace"):
        return
    names = {reference for reference in _named(task) if reference}
    try:
        projects = json.loads(os.environ.get(_PROJECTS) or "{}")
    except ValueError:
        return
    found = {projects[name].get("namespace") for name in names if name in projects} - {None}
    if len(found) == 1:
        _set_argument(task, "namespace", found.pop())


def _named(task):
    """Names of the objects whose every key the pod has in its environment."""
    for source in _argument(task, "env_from") or []:
        for kind in ("config_map_ref", "secret_ref"):
            yield _get(_get(source, kind), "name")
    for secret in _argument(task, "secrets") or []:
        yield secret.secret if getattr(secret, "deploy_type", None) == "env" else None


def _argument(task, name):
    arguments = getattr(task, "partial_kwargs", None)
    return getattr(task, name, None) if arguments is None else arguments.get(name)


def _set_argument(task, name, value):
    """A mapped task keeps its settings among the arguments that all its instances share."""
    if hasattr(task, "partial_kwargs"):
        task.partial_kwargs[name] = value
    else:
        setattr(task, name, value)
