"""Measures `airstrip dev` from the outside, by the launcher: `python benchmarks/dev.py`. Needs no root and no cluster.

Prints one Markdown table row for each figure, for docs/benchmarks.md. Beside the seconds that passed stand those of
the processor, which say more on a machine that has other work.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RUNS = 3
DAG = """
from airflow.sdk import DAG, task

with DAG("hello", schedule=None):

    @task
    def hello() -> None:
        print("hello")

    hello()
"""
MANY = 200


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        (project / "dags").mkdir()
        (project / "dags" / "hello.py").write_text(DAG)
        (project / "airstrip.yaml").write_text(
            "apiVersion: airstrip/v1\nname: airstrip-bench-dev\ndags: {path: dags}\n"
        )
        print("| What | seconds | of the processor |\n|---|---|---|")
        first, cpu, data = dev(project)
        row("the first call: environment (where it is not cached), database, run", [(first, cpu)])
        calls = [dev(project) for _ in range(RUNS)]
        row("a call, to its end", [(seconds, used) for seconds, used, _ in calls])
        row("the first task of it runs after", [(data["firstTask"], None) for _, _, data in calls])
        bare = [airflow_alone(data["environment"], project) for _ in range(RUNS)]
        row("`airflow dags test` of the same DAG, by itself", bare)
        for number in range(MANY):
            (project / "dags" / f"dag_{number}.py").write_text(DAG.replace('"hello"', f'"dag_{number}"', 1))
        dev(project, "dag_7")
        row(f"a call, one DAG of {MANY} files", [dev(project, "dag_7")[:2] for _ in range(RUNS)])


def dev(project: Path, dag: str = "hello") -> tuple[float, float, dict[str, Any]]:
    argv = [str(ROOT / "airstrip"), "dev", dag, "--json"]
    seconds, used, out = timed(argv, project, dict(os.environ))
    return seconds, used, json.loads(out)["data"]


def airflow_alone(environment: str, project: Path) -> tuple[float, float]:
    home = project / ".airstrip" / "airstrip-bench-dev" / "dev"
    bundle = {"name": "main", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle"}
    bundles = [{**bundle, "kwargs": {"path": str(project / "dags")}}]
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{next(home.glob('airflow-*.db'))}",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(bundles),
    }
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    return timed([f"{environment}/bin/airflow", "dags", "test", "hello"], project, {**inherited, **settings})[:2]


def timed(argv: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float, str]:
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)} failed\n{done.stdout}{done.stderr}")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def row(what: str, measured: Sequence[tuple[float, float | None]]) -> None:
    print(f"| {what} | {spread([wall for wall, _ in measured])} | {spread([used for _, used in measured])} |")


def spread(values: Sequence[float | None]) -> str:
    known = sorted(value for value in values if value is not None)
    if not known:
        return ""
    middle = f"{statistics.median(known):.1f}"
    return middle if len(known) == 1 else f"{middle} ({known[0]:.1f}-{known[-1]:.1f})"


if __name__ == "__main__":
    main()
