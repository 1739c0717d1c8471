"""Tasks of a project, and one that is of none."""

from __future__ import annotations

import os

from airflow.sdk import DAG, task

from airstrip_pods import ProjectError, open_data, project

NAMES = ("AIRSTRIP_PROJECT", "AREA", "COLOUR_OF_SALES", "API_TOKEN")


def seen() -> str:
    return " ".join(str(os.environ.get(name)) for name in NAMES)


with DAG("sales", schedule=None):

    @task(**project("sales").task)
    def write() -> None:
        print("within:", seen())
        with open_data("sales", "out/report.txt", "w") as file:
            file.write("of " + os.environ["AREA"])
        try:
            open_data("stock", "report.txt", "w")
        except ProjectError as error:
            print("refused:", error)

    @task
    def read() -> str:
        print("outside:", seen())
        with open_data("sales", "out/report.txt", "r") as file:
            return file.read()

    write() >> read()

with DAG("salse", schedule=None):

    @task(**project("salse").task)
    def nothing() -> None:
        print("it runs all the same")

    nothing()
