"""What architecture.md promises of pods: `restricted`, read-only, and the least of secrets and rights."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.manifests.reading import containers, find, task_pod, templates

Object = dict[str, Any]
PODS = ("api-server", "scheduler", "dag-processor", "triggerer", "postgresql", "migration", "task")
SECRETS = {
    "api-server": {"airflow-database", "airflow-keys"},
    "scheduler": {"airflow-database", "airflow-keys"},
    "dag-processor": {"airflow-database", "airflow-keys"},
    "triggerer": {"airflow-database", "airflow-keys"},
    "postgresql": {"airflow-database"},
    "migration": {"airflow-database", "airflow-keys", "airflow-admin", "airflow-cli"},
    "task": set(),
}
KEYS = {
    "api-server": {"sql-alchemy-conn", "fernet-key", "api-secret-key", "jwt-secret"},
    "scheduler": {"sql-alchemy-conn", "fernet-key", "jwt-secret"},
    "dag-processor": {"sql-alchemy-conn", "fernet-key"},
    "triggerer": {"sql-alchemy-conn", "fernet-key", "api-secret-key"},
    "migration": {"sql-alchemy-conn", "fernet-key"},
}


def secret_names(value: Any) -> set[str]:
    """Every Secret that is named anywhere in a pod."""
    if isinstance(value, list):
        return {name for entry in value for name in secret_names(entry)}
    if not isinstance(value, dict):
        return set()
    found = {name for entry in value.values() for name in secret_names(entry)}
    for key in ("secretKeyRef", "secret", "secretRef"):
        if key in value:
            found.add(value[key].get("name") or value[key]["secretName"])
    return found


def test_the_pods_are_known(objects: list[Object]) -> None:
    assert set(templates(objects)) == set(PODS)


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_restricted(objects: list[Object], name: str) -> None:
    spec = templates(objects)[name]["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
    for container in containers(templates(objects)[name]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }
    for volume in spec["volumes"]:
        assert set(volume) & {"emptyDir", "configMap", "secret", "projected", "persistentVolumeClaim"}


@pytest.mark.parametrize("name", PODS)
def test_every_container_asks_for_memory_and_cpu_and_has_no_cpu_limit(objects: list[Object], name: str) -> None:
    for container in containers(templates(objects)[name]):
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert set(container["resources"]["limits"]) == {"memory"}


def test_the_control_plane_fits_a_laptop(objects: list[Object]) -> None:
    """Two cores and 4 GB, with the node's own 900 MB and room for tasks."""
    running = [templates(objects)[name] for name in PODS if name not in ("migration", "task")]
    requests = [container["resources"]["requests"] for pod in running for container in containers(pod)]
    assert sum(int(request["memory"].removesuffix("Mi")) for request in requests) <= 1400
    assert sum(int(request["cpu"].removesuffix("m")) for request in requests) <= 700


@pytest.mark.parametrize("name", PODS)
def test_a_pod_reads_only_the_secrets_that_it_needs(objects: list[Object], name: str) -> None:
    assert secret_names(templates(objects)[name]) == SECRETS[name]


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_process_gets_only_the_keys_that_it_needs(objects: list[Object], name: str) -> None:
    for container in containers(templates(objects)[name]):
        references = [variable["valueFrom"] for variable in container["env"] if "valueFrom" in variable]
        assert {reference["secretKeyRef"]["key"] for reference in references} == KEYS[name]


@pytest.mark.parametrize("name", PODS)
def test_only_who_calls_the_kubernetes_api_has_a_token(objects: list[Object], name: str) -> None:
    expected = name in ("api-server", "scheduler", "triggerer")
    assert templates(objects)[name]["spec"]["automountServiceAccountToken"] is expected


def test_no_account_has_a_token_by_itself(objects: list[Object]) -> None:
    accounts = [item for item in objects if item["kind"] == "ServiceAccount"]
    assert {account["metadata"]["name"] for account in accounts} == {*PODS, "mine-pods"} - {"task"}
    assert not any(account["automountServiceAccountToken"] for account in accounts)


def test_a_task_has_no_account_of_its_own_and_no_secret_setting(objects: list[Object]) -> None:
    spec = task_pod(objects)["spec"]
    assert "serviceAccountName" not in spec
    (container,) = spec["containers"]
    assert container["name"] == "base"
    assert "envFrom" not in container
    names = {variable["name"] for variable in container["env"]}
    referred = [variable for variable in container["env"] if "value" not in variable]
    source = {"name": "airstrip-projects", "key": "AIRSTRIP_PROJECTS", "optional": True}
    assert referred == [{"name": "AIRSTRIP_PROJECTS", "valueFrom": {"configMapKeyRef": source}}]
    assert not [name for name in names if any(word in name for word in ("SQL", "FERNET", "JWT", "SECRET", "PASSWORD"))]
    values = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert values["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"


def test_every_role_is_in_the_workers_namespace(objects: list[Object]) -> None:
    roles = [item for item in objects if item["kind"] in ("Role", "RoleBinding")]
    assert {item["metadata"]["namespace"] for item in roles} == {"mine-workers"}
    secrets = [rule for role in roles for rule in role.get("rules", []) if "secrets" in rule["resources"]]
    assert secrets == []


def test_roles_are_what_was_seen_on_the_wire(objects: list[Object]) -> None:
    def rights(name: str) -> dict[str, set[str]]:
        rules = find(objects, "Role", name)["rules"]
        return {resource: set(rule["verbs"]) for rule in rules for resource in rule["resources"]}

    whole = {"create", "delete", "get", "list", "patch", "watch"}
    assert rights("scheduler") == {"pods": whole}
    assert rights("api-server") == {"pods": {"list"}, "pods/log": {"get"}}
    assert rights("triggerer") == {"pods": {"get", "list", "watch"}, "pods/log": {"get"}, "events": {"list"}}
    assert rights("mine-pods")["pods/exec"] == {"create", "get"}


def test_users_files_are_read_only_for_the_kubelet_too(objects: list[Object]) -> None:
    """Otherwise fsGroup would change the owners of a folder that is the user's own."""
    for name, template in templates(objects).items():
        for volume in template["spec"]["volumes"]:
            if volume.get("persistentVolumeClaim", {}).get("claimName") == "dags":
                assert volume["persistentVolumeClaim"]["readOnly"] is True, name


def test_no_probe_boots_airflow(objects: list[Object]) -> None:
    for template in templates(objects).values():
        for container in containers(template):
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                command = container.get(probe, {}).get("exec", {}).get("command", ["none"])
                assert command[0] in ("none", "pg_isready") or command[:3] == ["python", "-I", "-S"]


def test_the_scheduler_has_time_to_stop(objects: list[Object]) -> None:
    assert templates(objects)["scheduler"]["spec"]["terminationGracePeriodSeconds"] >= 60
