"""Runs of `smoke` and of examples on the shared landing, and a browser that has logged in to look at them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airstrip.airflow_api import AirflowClient, DagRun
from airstrip.kube import Cluster
from tests.example_pages import Examples
from tests.landing import NAME, ROOT, Landing, eventually
from tests.ui.album import Album
from tests.ui.browser import Browser, opened


@pytest.fixture(scope="session")
def run(landing: Landing, cluster: Cluster) -> dict[str, Any]:
    """What `run smoke` said of the run that it made. Its pods are gone: what is seen of it is what is kept."""
    run = landing.data("run", "smoke")
    eventually(lambda: not cluster.list("v1", "Pod", f"{NAME}-workers"), seconds=60, what="task pods are removed")
    return run


@pytest.fixture(scope="module")
def examples() -> Examples:
    """Those that need no landing of their own."""
    return {"mapping": {"items": 4}, "pipeline": None, "retries": None}


@pytest.fixture(scope="module")
def written(landing: Landing, examples: Examples) -> Iterator[None]:
    """Examples in the landing's folder, and their project: Airflow reads them while other tests look at it."""
    landing.ok("project", "add", "examples")
    with landing.dags_for_a_while():
        for name in examples:
            shutil.copytree(ROOT / "examples" / name / "dags", landing.dags, dirs_exist_ok=True)
        yield
    landing.ok("project", "remove", "examples", "--data", "--yes")


@pytest.fixture(scope="module")
def begun(airflow: AirflowClient, examples: Examples, written: None) -> dict[str, DagRun]:
    """A run of each, by name."""
    ids = {f"example_{name}" for name in examples}
    eventually(lambda: ids <= {dag.dag_id for dag in airflow.dags()}, seconds=60, what="the examples are listed")
    for name in ids:
        airflow.unpause(name)
    return {name: airflow.trigger(f"example_{name}", conf) for name, conf in examples.items()}


@pytest.fixture(scope="module")
def ended(airflow: AirflowClient, begun: dict[str, DagRun]) -> Callable[[str], str]:
    """The path of an example's run in the UI, when it has ended well."""

    def wait(name: str) -> str:
        run = begun[name]
        eventually(lambda: airflow.dag_run(run.dag_id, run.run_id).ended, seconds=240, what=f"{name} has ended")
        assert airflow.dag_run(run.dag_id, run.run_id).state == "success"
        return f"/dags/{run.dag_id}/runs/{run.run_id}"

    return wait


@pytest.fixture(scope="session")
def browser(landing: Landing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with opened(landing.data("open")["url"], tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="session")
def admin(landing: Landing, browser: Browser) -> Browser:
    """The browser, logged in as a person would."""
    password = landing.ok("open", "--password").strip()
    browser.open("/")
    browser.log_in("admin", password)
    return browser


@pytest.fixture
def picture(request: pytest.FixtureRequest, admin: Browser) -> Album:
    folder = request.config.getoption("--screenshots")
    return Album(admin, Path(folder) if folder else None)
