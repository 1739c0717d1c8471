"""Says what it finds of itself in its pod's image."""

import pathlib

from airflow.sdk import dag, task
from words.said import WORD

FOLDER = pathlib.Path("/opt/airflow/dags")


@dag(schedule=None)
def baked():
    @task
    def say():
        print("the word is", WORD)
        print("mounted:", str(FOLDER) in pathlib.Path("/proc/mounts").read_text())
        print("files:", sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()))

    say()


baked()
