"""Prints what its pod was given: a setting of Airflow, a variable, a patch's host, what is in folders."""

from __future__ import annotations

import os
from pathlib import Path

from airflow.sdk import dag, task
from airflow.sdk.configuration import conf


@dag(schedule=None)
def settings() -> None:
    @task
    def show() -> None:
        print("setting:", conf.get("core", "default_timezone"))
        print("variable:", os.environ.get("AIRPORT", "none"))
        print("another:", os.environ.get("AIRLINE", "none"))
        print("host:", "example.com" if "warehouse.example.com" in Path("/etc/hosts").read_text() else "none")
        limits = (Path("/sys/fs/cgroup", name) for name in ("memory.max", "memory/memory.limit_in_bytes"))
        print("memory:", next(file.read_text().strip() for file in limits if file.exists()))
        for name in ("words", "beside"):
            file = Path("/opt", name, "word")
            print(f"{name}:", file.read_text().strip() if file.exists() else "none")

    show()


settings()
