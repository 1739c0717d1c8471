"""Measures `dags check` on a deployment that runs: `python benchmarks/dags_check.py -f FILE [--dags 200]`.

Prints a Markdown table row for each figure, for docs/benchmarks.md. The DAGs are made in a temporary folder: each
has a BashOperator, a KubernetesPodOperator and a decorated task.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DAG = """\
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

with DAG("bench_{number}", schedule="@daily"):
    first = BashOperator(task_id="first", bash_command="echo {{{{ ds }}}}")
    second = KubernetesPodOperator(task_id="second", image="any", cmds=["true"])

    @task
    def third(): ...

    first >> second >> third()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("-f", "--file", required=True, type=Path)
    parser.add_argument("--dags", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"load before: {os.getloadavg()[0]:.1f}")
    for count in (1, arguments.dags):
        with tempfile.TemporaryDirectory() as folder:
            for number in range(count):
                Path(folder, f"bench_{number}.py").write_text(DAG.format(number=number))
            seconds = [check(arguments.file, folder, count) for _ in range(arguments.rounds)]
        print(f"| `dags check`, {count} DAGs in {count} files | {statistics.median(seconds):.1f} s |")


def check(file: Path, folder: str, count: int) -> float:
    """Seconds of the command as a whole."""
    begun = time.monotonic()
    argv = [str(ROOT / "airstrip"), "dags", "check", folder, "-f", str(file), "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begun
    document: dict[str, Any] = json.loads(done.stdout)
    if document["exitCode"] or document["data"]["dags"] != count:
        raise SystemExit(f"dags check failed: {document['errors'] or document['findings']}")
    return seconds


if __name__ == "__main__":
    main()
