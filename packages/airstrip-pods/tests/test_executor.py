"""The pods that the real KubernetesExecutor's generator makes of a project's task."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from kubernetes.client import ApiClient
from kubernetes.client import models as k8s

from airstrip_pods import project, task_pod_secrets
from airstrip_pods.conventions import ProjectSettings, projects_to_json

TEMPLATE = k8s.V1Pod(
    metadata=k8s.V1ObjectMeta(name="task", namespace="workers", labels={"app": "airflow"}),
    spec=k8s.V1PodSpec(
        automount_service_account_token=False,
        containers=[
            k8s.V1Container(
                name="base",
                image="airflow",
                env=[k8s.V1EnvVar(name="AIRFLOW_HOME", value="/opt/airflow")],
                resources=k8s.V1ResourceRequirements(requests={"cpu": "100m"}),
                volume_mounts=[k8s.V1VolumeMount(name="dags", mount_path="/opt/airflow/dags", read_only=True)],
            )
        ],
        security_context=k8s.V1PodSecurityContext(run_as_user=50000),
        volumes=[k8s.V1Volume(name="dags", empty_dir=k8s.V1EmptyDirVolumeSource())],
    ),
)


def pod_of(override: k8s.V1Pod) -> dict[str, Any]:
    pod = PodGenerator.construct_pod(
        dag_id="dag",
        task_id="task",
        pod_id="dag-task",
        try_number=1,
        kube_image="airflow",
        date=None,
        args=["run"],
        pod_override_object=override,
        base_worker_pod=TEMPLATE,
        namespace="workers",
        scheduler_job_id="1",
    )
    written = ApiClient().sanitize_for_serialization(pod)
    return {"namespace": written["metadata"]["namespace"], "labels": written["metadata"]["labels"], **written["spec"]}


def test_a_project_adds_to_the_template_and_repeats_nothing_of_it() -> None:
    pod = pod_of(project("sales").pod_override)
    (container,) = pod["containers"]
    assert (pod["namespace"], container["name"], container["image"], container["args"]) == (
        *("workers", "base", "airflow"),
        ["run"],
    )
    assert pod["labels"]["airstrip/project"] == "sales"
    assert pod["labels"]["app"] == "airflow"
    assert [variable["name"] for variable in container["env"]] == [
        *("AIRFLOW_HOME", "AIRFLOW_IS_K8S_EXECUTOR_POD", "AIRSTRIP_PROJECT")
    ]
    assert container["envFrom"] == [
        {"configMapRef": {"name": "sales", "optional": True}},
        {"secretRef": {"name": "sales", "optional": True}},
    ]
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/opt/airflow/dags", "/opt/data"]
    assert container["volumeMounts"][1]["subPath"] == "sales"
    assert [volume["name"] for volume in pod["volumes"]] == ["dags", "data"]
    assert container["resources"] == {"requests": {"cpu": "100m"}}
    assert pod["securityContext"] == {"runAsUser": 50000}
    assert pod["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in pod


def test_the_dags_claim_is_the_templates_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_DAGS_CLAIM", "dags")
    assert [volume["name"] for volume in pod_of(project("sales").pod_override)["volumes"]] == ["dags", "data"]


def test_what_the_deployment_says_of_a_project_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ProjectSettings(requests={"cpu": "2"}, service_account=True, namespace="team-sales", pool=True)
    monkeypatch.setenv("AIRSTRIP_PROJECTS", projects_to_json({"sales": settings}))
    pod = pod_of(project("sales").pod_override)
    assert (pod["namespace"], pod["serviceAccountName"]) == ("team-sales", "sales")
    assert pod["automountServiceAccountToken"] is False
    assert pod["containers"][0]["resources"] == {"requests": {"cpu": "2"}}
    assert project("sales").task["pool"] == "sales"


def test_a_dag_with_it_survives_the_way_to_the_scheduler_and_back() -> None:
    with DAG("dag", start_date=datetime.datetime(2026, 1, 1), schedule=None) as dag:
        BashOperator(task_id="task", bash_command="true", **project("sales").task)
    back = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert back.get_task("task").executor_config == project("sales").task["executor_config"]


def serialized() -> dict[str, Any]:
    with DAG("dag", start_date=datetime.datetime(2026, 1, 1), schedule=None) as dag:
        sales = {"image": "python-basic", "secrets": task_pod_secrets("sales")}
        KubernetesPodOperator(task_id="pod", **sales, **project("sales").operator)
        mapped = KubernetesPodOperator.partial(task_id="mapped", **sales, **project("sales").operator)
        mapped.expand(arguments=[["1"], ["2"]])
        BashOperator(task_id="task", bash_command="true", **project("sales").task)
    return dict(DagSerialization.to_dict(dag))


def test_pods_mapped_ones_too_are_the_same_text_at_each_parse() -> None:
    """Another text would be another version of the DAG."""
    assert json.dumps(serialized()) == json.dumps(serialized())
    assert sorted(DagSerialization.from_dict(serialized()).task_ids) == ["mapped", "pod", "task"]
