"""The same module with the real provider: runs only where Airflow is installed beside the tests."""

from __future__ import annotations

import importlib.util
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

sidecar = pytest.importorskip("airflow.providers.cncf.kubernetes.utils.xcom_sidecar", reason="no Airflow here")
operators = pytest.importorskip("airflow.providers.cncf.kubernetes.operators.pod", reason="no Airflow here")
kubernetes = pytest.importorskip("kubernetes.client", reason="no Airflow here")
sdk = pytest.importorskip("airflow.sdk", reason="no Airflow here")

SOURCE = Path(str(files("airstrip.manifests"))) / "files" / "settings" / "airflow_local_settings.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("airflow_local_settings", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_pod_operators_pod_with_xcom(monkeypatch: pytest.MonkeyPatch) -> None:
    k8s = kubernetes.models
    monkeypatch.setenv("AIRSTRIP_AIRFLOW_IMAGE", "here/airflow@sha256:1")
    pod = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", image="theirs")]))
    pod = sidecar.add_xcom_sidecar(pod, sidecar_container_security_context={"runAsUser": 7})
    load().pod_mutation_hook(pod)
    containers = kubernetes.ApiClient().sanitize_for_serialization(pod)["spec"]["containers"]
    assert [container["image"] for container in containers] == ["theirs", "here/airflow@sha256:1"]
    for container in containers:
        context = container["securityContext"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert context["runAsNonRoot"] is True
        assert context["allowPrivilegeEscalation"] is False


def test_a_pod_operators_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_PODS_SERVICE_ACCOUNT", "mine-pods")
    with sdk.DAG("pods", schedule=None):
        alone = operators.KubernetesPodOperator(task_id="alone", image="theirs")
        mapped = operators.KubernetesPodOperator.partial(task_id="mapped", image="theirs").expand(arguments=[["a"]])
    settings = load()
    for task in (alone, mapped):
        settings.task_policy(task)
        assert task.executor_config["pod_override"].spec.service_account_name == "mine-pods"
