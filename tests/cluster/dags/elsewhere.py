"""Published in a folder that the deployment did not read at first."""

from __future__ import annotations

from airflow.sdk import dag, task


@dag(schedule=None)
def elsewhere() -> None:
    @task
    def look() -> None:
        print("ELSEWHERE")

    look()


elsewhere()
