"""What docs/pods.md shows works: its DAGs are parsed by Airflow, its tasks are run. So are the examples parsed."""

from __future__ import annotations

import json
import re
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from sqlalchemy import create_engine, text

PAGE = Path(__file__).parents[3] / "docs" / "pods.md"
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file of the page, where its first line says."""
    root = tmp_path_factory.mktemp("examples")
    for content in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL):
        name = content.partition("\n")[0].removeprefix("# ")
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    (root / "dags" / ".airflowignore").write_text("tasks/\n")
    return root / "dags"


@pytest.fixture(scope="module")
def bag(dags: Path) -> Any:
    bag = DagBag(dags)
    assert bag.import_errors == {}
    return bag


def test_the_dags_are_parsed(bag: Any) -> None:
    assert {name: sorted(bag.dags[name].task_ids) for name in bag.dags} == {
        "sales": ["extract", "load", "summary"],
        "dag1": ["task1"],
    }
    pods = [task for dag in bag.dags.values() for task in dag.tasks if isinstance(task, KubernetesPodOperator)]
    assert sorted(pod.task_id for pod in pods) == ["extract", "load", "task1"]
    for pod in pods:
        # As a pod of the workers' namespace finds it for itself.
        pod.namespace = "workers"
        spec = pod.build_pod_request_obj(dry_run=True).spec
        assert "/opt/data" in [mount.mount_path for mount in spec.containers[0].volume_mounts]


def test_the_tasks_do_what_they_show(
    dags: Path, bag: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after another, as in their pods; another project's data would be refused to them."""
    answer = tmp_path / "return.json"
    monkeypatch.setattr("airstrip_pods.exchange.XCOM_FILE", answer)
    monkeypatch.setenv("AIRSTRIP_PROJECT", "sales")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/sales.db")
    monkeypatch.setenv("TABLE", "sales")
    (data / "sales/in").mkdir(parents=True)
    (data / "sales/in/orders.csv").write_text("customer,amount\nAda,120.50\nBob,5\nGrace,200\n")

    runpy.run_path(str(dags / "tasks" / "extract.py"))
    assert json.loads(answer.read_text()) == {"rows": 2}

    rendered = bag.dags["sales"].get_task("load").arguments[1]
    assert rendered == "{{ ti.xcom_pull('extract')['rows'] }}"
    monkeypatch.setattr(sys, "argv", ["load.py", "--rows", "2"])
    runpy.run_path(str(dags / "tasks" / "load.py"))
    with create_engine(f"sqlite:///{tmp_path}/sales.db").connect() as connection:
        rows = connection.execute(text("select customer from sales order by customer")).scalars().all()
    assert rows == ["Ada", "Grace"]

    assert bag.dags["sales"].get_task("summary").python_callable() == "2 orders, 320.50 in all"


def test_the_page_names_every_public_name() -> None:
    import airstrip_pods

    named = PAGE.read_text()
    assert [
        name for name in airstrip_pods.__all__ if name not in named and name not in ("Project", "ProjectError")
    ] == []


def test_the_examples_run_wherever_dags_come_from_and_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the image has the DAGs, `AIRSTRIP_AIRFLOW_IMAGE` is the one without: no task of Airflow can run in it."""
    monkeypatch.setenv("AIRSTRIP_AIRFLOW_IMAGE", "without-dags")
    bag: Any = DagBag(EXAMPLES)
    assert bag.import_errors == {}
    assert set(bag.dags) == {f"example_{page.parent.name}" for page in EXAMPLES.glob("*/README.md")}
    tasks = [task for dag in bag.dags.values() for task in dag.tasks]
    pods = [task.executor_config["pod_override"] for task in tasks if task.executor_config]
    assert pods
    assert [pod.spec.containers[0].image for pod in pods] == [None] * len(pods)
    selectors = [pod.spec.node_selector for pod in pods] + [getattr(task, "node_selector", None) for task in tasks]
    assert {name for selector in selectors if selector for name in selector} == {"kubernetes.io/os"}
