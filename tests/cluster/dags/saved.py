"""Saved while the deployment runs."""

from __future__ import annotations

from airflow.sdk import dag, task


@dag(schedule=None)
def saved() -> None:
    @task
    def look() -> None:
        print("SAVED")

    look()


saved()
