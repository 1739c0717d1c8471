"""Service accounts and roles: every role is in a namespace of tasks' pods, none in the control plane's."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import metadata
from airstrip.manifests.names import (
    AIRFLOW_COMPONENTS,
    API_SERVER,
    MIGRATION,
    POSTGRESQL,
    SCHEDULER,
    TASK,
    TRIGGERER,
    pods_account,
)

_ALL_OF_PODS = ("create", "delete", "get", "list", "patch", "watch")


def build_access(inputs: Inputs) -> tuple[Object, ...]:
    """Accounts first, then roles with their bindings; nobody needs a role where tasks have no pods."""
    components = (*AIRFLOW_COMPONENTS, MIGRATION, *([POSTGRESQL] if inputs.database.is_ours else []))
    accounts = [_account(inputs, component, component, inputs.control) for component in components]
    if not inputs.tasks_have_pods:
        return tuple(accounts)
    pods = pods_account(inputs.spec.name)
    accounts += [_account(inputs, pods, TASK, namespace) for namespace in inputs.task_namespaces]
    return (*accounts, *(item for namespace in inputs.task_namespaces for item in _grants(inputs, namespace)))


def _grants(inputs: Inputs, namespace: str) -> Iterator[Object]:
    """Tasks that make pods make them in their own namespace; those of the workers', in each."""
    for component, rules in _component_rules().items():
        yield from _role(inputs, component, component, rules, namespace, (inputs.control,))
    callers = tuple(dict.fromkeys((inputs.workers, namespace)))
    yield from _role(inputs, pods_account(inputs.spec.name), TASK, _pods_rules(), namespace, callers)


def _component_rules() -> dict[str, list[Object]]:
    """What the processes were seen to ask of the API server, and no more."""
    return {
        API_SERVER: [_rule("", ["pods"], "list"), _rule("", ["pods/log"], "get")],
        SCHEDULER: [_rule("", ["pods"], *_ALL_OF_PODS)],
        TRIGGERER: [
            _rule("", ["pods"], "get", "list", "watch"),
            _rule("", ["pods/log"], "get"),
            _rule("", ["events"], "list"),
        ],
    }


def _pods_rules() -> list[Object]:
    """What the pod and job operators need. `pods/exec` is for XCom; it reaches every pod of the namespace."""
    return [
        _rule("", ["pods"], *_ALL_OF_PODS),
        _rule("", ["pods/log"], "get"),
        _rule("", ["pods/exec"], "create", "get"),
        _rule("", ["events"], "list"),
        _rule("batch", ["jobs", "jobs/status"], *_ALL_OF_PODS),
    ]


def _rule(group: str, resources: list[str], *verbs: str) -> Object:
    return {"apiGroups": [group], "resources": resources, "verbs": list(verbs)}


def _account(inputs: Inputs, name: str, component: str, namespace: str) -> Object:
    """Without a token unless the pod asks for one itself."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(inputs, name, component, namespace),
        "automountServiceAccountToken": False,
    }


def _role(
    inputs: Inputs, name: str, component: str, rules: list[Object], namespace: str, callers: tuple[str, ...]
) -> tuple[Object, Object]:
    """A role in a namespace, bound to the accounts of the same name in those of `callers`."""
    about = metadata(inputs, name, component, namespace)
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": about, "rules": rules}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": metadata(inputs, name, component, namespace),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": caller} for caller in callers],
    }
    return role, binding
