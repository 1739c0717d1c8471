"""Prints what its pod was given: a setting of Airflow, and a variable."""

from __future__ import annotations

import os

from airflow.sdk import dag, task
from airflow.sdk.configuration import conf


@dag(schedule=None)
def settings() -> None:
    @task
    def show() -> None:
        print("setting:", conf.get("core", "default_timezone"))
        print("variable:", os.environ.get("AIRPORT", "none"))

    show()


settings()
