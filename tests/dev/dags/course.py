"""A run that goes well: results, mapped tasks, configuration, a connection, a file of data, one that is skipped."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, BaseHook, Variable, task

with DAG("course", schedule=None, params={"day": "none"}):

    @task
    def numbers(params=None) -> list[int]:
        print("the day is", params["day"])
        return [1, 2, 3]

    @task
    def double(number: int) -> int:
        return 2 * number

    @task
    def total(doubled: list[int]) -> None:
        print("the sum is", sum(doubled))

    @task
    def surroundings() -> None:
        host = BaseHook.get_connection("shop").host
        data = Path(urlsplit(os.environ["AIRSTRIP_DATA_URL"]).path)
        (data / "file.txt").write_text("kept")
        print("I am", os.getuid(), "at", host, Variable.get("colour"), os.environ["REGION"])

    @task.short_circuit
    def gate() -> bool:
        return False

    @task
    def never() -> None:
        raise AssertionError

    total(double.expand(number=numbers())) >> BashOperator(task_id="bash", bash_command="echo from bash")
    surroundings()
    gate() >> never()
