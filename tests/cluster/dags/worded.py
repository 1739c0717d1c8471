"""Its task reads a file beside it again and again, and ends with what it last read, once it is told to."""

from __future__ import annotations

import time
from pathlib import Path

from airflow.sdk import Variable, dag, task


@dag(schedule=None, description="FIRST")
def worded():
    @task
    def say() -> str:
        for _ in range(120):
            text = Path(__file__).with_name("word.txt").read_text()
            print(f"the word is {text}", flush=True)
            if Variable.get("airstrip_test_go", default=""):
                return text
            time.sleep(0.5)
        raise TimeoutError

    say()


worded()
