"""Pods that tasks make see the version of the DAGs that the task runs: by a real operator, and our bundles' folders."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import ApiClient

from airstrip_pods import conventions, project, task_pod_volumes

FILES = Path(__file__).parents[3] / "src/airstrip/manifests/files"
OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture(autouse=True)
def _claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(conventions.DAGS_VERSIONS_CLAIM_VARIABLE, "versions")


def module(path: str) -> ModuleType:
    """One that Airflow's containers have beside their local settings."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, FILES / path)
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def pushed(version: str) -> Any:
    bundle = module("pushed/airstrip_pushed_dags.py").PushedDagBundle
    return bundle(name="main", version=version, path=conventions.DAGS_DIR)


def synced(version: str, volume: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The volume is at its own place in a pod, and at another one here."""
    (volume / "main" / ".worktrees" / version / "team").mkdir(parents=True)
    (volume / "main" / "live").symlink_to(f".worktrees/{version}")
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH", str(volume / "bundles"))
    bundle = module("git_sync/airstrip_git_sync.py").SyncedDagBundle
    found = bundle(name="main", version=version, root=str(volume / "main"), subdir="team")
    found.initialize()
    return SimpleNamespace(path=Path(conventions.DAGS_DIR) / found.path.relative_to(volume))


def pod_of(bundle: Any, **arguments: Any) -> dict[str, Any]:
    """As the operator makes it when its task runs."""
    operator = KubernetesPodOperator(task_id="task", namespace="n", image="i", cmds=["python"], **arguments)
    operator.render_template_fields({"ti": SimpleNamespace(bundle_instance=bundle)})
    pod: dict[str, Any] = ApiClient().sanitize_for_serialization(operator.build_pod_request_obj(dry_run=True))
    return pod


def test_the_version_is_that_of_the_run_however_the_dags_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sales = project("sales")
    folders = {
        f"revisions/{OLD}": pod_of(pushed(OLD), **sales.operator),
        f"revisions/{NEW}": pod_of(pushed(NEW), **sales.operator_with(labels={"team": "a"})),
        f"main/.worktrees/{OLD}/team": pod_of(synced(OLD, tmp_path, monkeypatch), **task_pod_volumes("sales")),
    }
    for folder, pod in folders.items():
        (_, mount) = pod["spec"]["containers"][0]["volumeMounts"]
        assert mount == {"mountPath": "/opt/airflow/dags", "name": "dags", "readOnly": True, "subPath": folder}
        (_, volume) = pod["spec"]["volumes"]
        assert volume == {"name": "dags", "persistentVolumeClaim": {"claimName": "versions", "readOnly": True}}


def test_native_templates_leave_it_a_text() -> None:
    from airflow.sdk import DAG

    with DAG("native", schedule=None, render_template_as_native_obj=True) as dag:
        pod = pod_of(pushed(OLD), dag=dag, **task_pod_volumes("sales"))
    assert pod["spec"]["containers"][0]["volumeMounts"][1]["subPath"] == f"revisions/{OLD}"
