"""The pods that a real KubernetesPodOperator would make of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret
from kubernetes.client import ApiClient
from kubernetes.client import models as k8s

from airstrip_pods import ProjectError, data_url, project, task_pod_configmaps, task_pod_secrets, task_pod_volumes
from airstrip_pods.conventions import ProjectSettings, projects_to_json

FULL = ProjectSettings(
    requests={"cpu": "500m", "memory": "1Gi"},
    limits={"memory": "2Gi"},
    config=True,
    secret=True,
    service_account=True,
    pool=True,
    namespace="team-sales",
)


def written(value: Any) -> Any:
    """As the API server gets it."""
    return ApiClient().sanitize_for_serialization(value)


def pod_of(**arguments: Any) -> dict[str, Any]:
    """The pod without what is the operator's own."""
    arguments = {"namespace": "airflow-workers", **arguments}
    operator = KubernetesPodOperator(task_id="task", image="python-basic", cmds=["python"], **arguments)
    pod = written(operator.build_pod_request_obj(dry_run=True))
    for name in ("airflow_kpo_in_cluster", "airflow_version", "kubernetes_pod_operator"):
        pod["metadata"]["labels"].pop(name, None)
    return {"labels": pod["metadata"]["labels"], "namespace": pod["metadata"]["namespace"], **pod["spec"]}


def declare(monkeypatch: pytest.MonkeyPatch, projects: Mapping[str, ProjectSettings]) -> None:
    monkeypatch.setenv("AIRSTRIP_PROJECTS", projects_to_json(projects))


def test_the_old_calls_make_the_pod_that_they_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the quick-start's DAG has them; what they refer to may not be there."""
    monkeypatch.setenv("AIRSTRIP_DAGS_CLAIM", "dags")
    volumes = task_pod_volumes("example1")
    pod = pod_of(
        env_from=task_pod_configmaps("example1"),
        secrets=task_pod_secrets("example1"),
        volumes=volumes["volumes"],
        volume_mounts=volumes["volume_mounts"],
    )
    (container,) = pod["containers"]
    assert container["envFrom"] == [
        {"configMapRef": {"name": "example1", "optional": True}},
        {"secretRef": {"name": "example1", "optional": True}},
    ]
    assert container["volumeMounts"] == [
        {"mountPath": "/opt/data", "name": "data", "subPath": "example1"},
        {"mountPath": "/opt/airflow/dags", "name": "dags", "readOnly": True},
    ]
    assert pod["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "dags", "persistentVolumeClaim": {"claimName": "dags", "readOnly": True}},
    ]


def test_what_a_deployment_knows_to_be_there_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, {"full": FULL, "bare": ProjectSettings(config=False, secret=False)})
    assert written(task_pod_configmaps("full")) == [{"configMapRef": {"name": "full", "optional": False}}]
    assert task_pod_secrets("full") == [Secret("env", None, "full")]
    assert task_pod_configmaps("bare") == []
    assert task_pod_secrets("bare") == []


def test_without_a_claim_of_the_dags_there_is_data_only() -> None:
    assert [volume.name for volume in task_pod_volumes("sales")["volumes"]] == ["data"]


def test_a_project_of_which_nothing_is_known_makes_a_pod_that_starts_anyhow() -> None:
    assert pod_of(**project("sales").operator) == {
        **pod_of(),
        "labels": {"airstrip/project": "sales"},
        "containers": [
            {
                **pod_of()["containers"][0],
                "env": [{"name": "AIRSTRIP_PROJECT", "value": "sales"}],
                "envFrom": [
                    {"configMapRef": {"name": "sales", "optional": True}},
                    {"secretRef": {"name": "sales", "optional": True}},
                ],
                "volumeMounts": [{"mountPath": "/opt/data", "name": "data", "subPath": "sales"}],
            }
        ],
        "securityContext": {"supplementalGroups": [0]},
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
    }


def test_a_project_of_which_all_is_known_says_all(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, {"sales": FULL})
    pod = pod_of(**project("sales").operator)
    assert pod["namespace"] == "team-sales"
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("sales", False)
    resources = pod["containers"][0]["resources"]
    assert resources == {"limits": {"memory": "2Gi"}, "requests": {"cpu": "500m", "memory": "1Gi"}}
    references = pod["containers"][0]["envFrom"]
    assert references == [
        {"configMapRef": {"name": "sales", "optional": False}},
        {"secretRef": {"name": "sales", "optional": False}},
    ]
    operator = KubernetesPodOperator(task_id="task", **project("sales").operator)
    assert operator.pool == "sales"


def test_data_in_an_object_store_needs_no_volume_and_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_DATA_URL", "s3://bucket/prefix")
    pod = pod_of(**project("sales").operator)
    assert pod["containers"][0]["env"] == [
        {"name": "AIRSTRIP_PROJECT", "value": "sales"},
        {"name": "AIRSTRIP_DATA_URL", "value": "s3://bucket/prefix"},
    ]
    assert not pod["volumes"]
    assert not pod["containers"][0]["volumeMounts"]
    assert pod["securityContext"] == {}
    assert task_pod_volumes("sales") == {"volumes": [], "volume_mounts": []}


@pytest.mark.parametrize(("base", "token"), [("s3://b", False), ("gs://b", False), ("oci://b@n/p", True)])
def test_a_token_of_kubernetes_is_in_the_pod_only_where_the_clouds_client_reads_it(
    monkeypatch: pytest.MonkeyPatch, base: str, token: bool
) -> None:
    declare(monkeypatch, {"sales": ProjectSettings(service_account=True)})
    monkeypatch.setenv("AIRSTRIP_DATA_URL", base)
    assert pod_of(**project("sales").operator)["automountServiceAccountToken"] is token
    assert project("sales").pod_override.spec.automount_service_account_token is token


def test_a_namespace_of_its_own_has_a_claim_that_is_the_projects_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, {"sales": FULL})
    (mount,) = pod_of(**project("sales").operator)["containers"][0]["volumeMounts"]
    assert mount == {"mountPath": "/opt/data", "name": "data"}
    assert written(task_pod_volumes("sales")["volume_mounts"]) == [mount]
    assert written(project("sales").pod_override.spec.containers[0].volume_mounts) == [mount]
    assert project("sales").pod_override.metadata.namespace == "team-sales"


def test_data_in_a_place_of_the_project_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before that of all projects, and in pods that know no more than their own variables."""
    stored = ProjectSettings(data="oci://bucket@space/sales", service_account=True)
    declare(monkeypatch, {"sales": stored, "rides": ProjectSettings()})
    monkeypatch.setenv("AIRSTRIP_DATA_URL", "s3://bucket/prefix")
    pod = pod_of(**project("sales").operator)
    assert not pod["volumes"]
    assert pod["automountServiceAccountToken"] is True
    variables = {variable["name"]: variable["value"] for variable in pod["containers"][0]["env"]}
    assert variables == {"AIRSTRIP_PROJECT": "sales", "AIRSTRIP_PROJECT_DATA_URL": "oci://bucket@space/sales"}
    assert (data_url("sales"), data_url("rides")) == ("oci://bucket@space/sales", "s3://bucket/prefix/rides")
    monkeypatch.delenv("AIRSTRIP_PROJECTS")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (data_url("sales"), data_url("rides")) == ("oci://bucket@space/sales", "s3://bucket/prefix/rides")


def test_a_project_that_is_not_there_is_named_while_the_file_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, {"sales": FULL})
    for call in (project, task_pod_configmaps, task_pod_secrets, task_pod_volumes):
        with pytest.raises(ProjectError, match=r"no project 'sails'.*which has: sales.*airstrip project add sails"):
            call("sails")
    for call in (project, task_pod_configmaps, task_pod_secrets, task_pod_volumes):
        with pytest.raises(ValueError, match="cannot be a project's name"):
            call("Sales")


def test_ones_own_arguments_are_added_and_count(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, {"sales": FULL})
    own = {
        "labels": {"team": "a"},
        "env_vars": {"LIMIT": "10", "AIRSTRIP_PROJECT": "sales"},
        "volumes": [k8s.V1Volume(name="scratch", empty_dir=k8s.V1EmptyDirVolumeSource())],
        "volume_mounts": [k8s.V1VolumeMount(name="scratch", mount_path="/scratch")],
        "pool": "default_pool",
        "do_xcom_push": True,
    }
    arguments = project("sales").operator_with(**own)
    pod = pod_of(**{**arguments, "do_xcom_push": False})
    assert pod["labels"] == {"airstrip/project": "sales", "team": "a"}
    assert pod["containers"][0]["env"] == [
        {"name": "AIRSTRIP_PROJECT", "value": "sales"},
        {"name": "LIMIT", "value": "10"},
    ]
    assert [volume["name"] for volume in pod["volumes"]] == ["data", "scratch"]
    assert [mount["name"] for mount in pod["containers"][0]["volumeMounts"]] == ["data", "scratch"]
    assert (arguments["pool"], arguments["do_xcom_push"]) == ("default_pool", True)


def test_variables_may_be_kubernetes_own() -> None:
    source = k8s.V1EnvVarSource(field_ref=k8s.V1ObjectFieldSelector(field_path="status.podIP"))
    arguments = project("sales").operator_with(env_vars=[k8s.V1EnvVar(name="IP", value_from=source)])
    variables = pod_of(**arguments)["containers"][0]["env"]
    assert [variable["name"] for variable in variables] == ["AIRSTRIP_PROJECT", "IP"]


def test_what_one_task_changes_is_not_anothers() -> None:
    sales = project("sales")
    # The operator itself adds to the list that it is given.
    KubernetesPodOperator(task_id="task", configmaps=["more"], **sales.operator)
    assert len(sales.operator["env_from"]) == 2
    sales.pod_override.spec.containers[0].env.append("x")
    assert len(sales.pod_override.spec.containers[0].env) == 1
