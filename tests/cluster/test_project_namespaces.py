"""A project with a namespace of its own: its tasks and their pods run there, and no more than its quota allows."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airstrip.errors import KubernetesError
from airstrip.kube import Cluster
from tests.cluster.test_projects import green
from tests.landing import NAME, Landing

pytestmark = pytest.mark.slow
"""A landing of its own, for what test_projects.py has in the workers' namespace."""
DAGS = Path(__file__).parent / "dags"
OWN = f"{NAME}-apart"
DECLARED = f"""\
projects:
  apart:
    namespace: {OWN}
    config: {{REGION: eu}}
    secrets: {{API_TOKEN: "file:apart-token"}}
    requests: {{cpu: 50m, memory: 128Mi}}
    limits: {{memory: 512Mi}}
    quota: {{requests: {{memory: 1Gi}}, limits: {{memory: 4Gi}}, pods: 8}}
"""
# Airflow reads only files that name it and a DAG.
SAILS = """\
from airflow.sdk import DAG
from airstrip_pods import project

SAILS = project("sails")

with DAG("bad", schedule=None):
    pass
"""


@pytest.fixture(scope="module")
def apart(landing: Landing) -> Iterator[None]:
    (landing.folder / "apart-token").write_text("hunter2\n")
    landing.write_file(DECLARED)
    landing.ok("up", "--yes")
    shutil.copy(DAGS / "apart.py", landing.dags / "apart.py")
    yield
    (landing.dags / "apart.py").unlink(missing_ok=True)
    (landing.folder / "apart-token").unlink()
    landing.write_file()
    landing.ok("up", "--yes")


@pytest.mark.usefixtures("apart")
def test_its_tasks_and_their_pods_run_there_and_see_its_own_folder_alone(landing: Landing) -> None:
    logs = green(landing, "project_apart")
    told = json.loads(landing.ok("logs", "project_apart", "elsewhere").partition("TOLD ")[2].splitlines()[0])
    expected: dict[str, Any] = {
        "namespace": OWN,
        "region": "eu",
        "secret": hashlib.sha256(b"hunter2").hexdigest(),
        "data": ["first.txt"],
    }
    assert told["write"] == told["pod"] == expected
    assert (told["seen"], told["namespace"]) == (False, f"{NAME}-workers")
    # By the quick-start's calls, which name no namespace.
    (old,) = (line.partition("LOOK ")[2] for line in logs["old"].splitlines() if "LOOK {" in line)
    assert json.loads(old) == expected
    project = landing.data("project", "show", "apart")
    assert project["namespace"] == OWN
    assert (Path(project["folder"]) / "first.txt").read_text() == "from apart"
    assert landing.data("plan")["changed"] is False


@pytest.mark.usefixtures("apart")
def test_a_dag_that_names_a_project_that_is_not_there_is_refused(landing: Landing, tmp_path: Path) -> None:
    """By the check, before anything of it is published."""
    (tmp_path / "bad.py").write_text(SAILS)
    done = landing.airstrip("dags", "check", str(tmp_path), "--json")
    assert done.returncode == 3, done.stdout
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["code"], finding["cause"]) == ("dags.missing-project", "The deployment has: apart.")
    assert "project add sails" in finding["fix"]


@pytest.mark.usefixtures("apart")
def test_no_pod_is_made_beyond_its_quota(cluster: Cluster) -> None:
    with pytest.raises(KubernetesError, match="exceeded quota: apart") as raised:
        cluster.preview(pod_of("2Gi"))
    assert raised.value.code == "namespace.quota"
    # What says nothing gets what a container of the project gets, and is counted so.
    (container,) = cluster.preview(pod_of(None))["spec"]["containers"]
    assert container["resources"] == {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}


def pod_of(memory: str | None) -> dict[str, Any]:
    resources = {"requests": {"memory": memory}, "limits": {"memory": memory}} if memory else {}
    context = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    container = {"name": "it", "image": "none", "resources": resources, "securityContext": context}
    about = {"name": "large", "namespace": OWN}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": {"containers": [container]}}
