"""Waits for what arrives under a prefix of the project's data: a folder on a laptop, an object store in a cloud.

Between two looks the sensor has no pod. Each run waits under a prefix of its own.
"""

import logging
import time

from airflow.sdk import PokeReturnValue, dag, get_current_context, task
from fsspec.core import url_to_fs

from airstrip_pods import data_url, open_data, project

NAME = "examples"
EXAMPLES = project(NAME)
log = logging.getLogger(__name__)


def prefix():
    return f"sensor/{get_current_context()['run_id']}"


@dag(schedule=None, tags=["example"], doc_md=__doc__)
def example_sensor():
    @task.sensor(poke_interval=2, timeout=600, mode="reschedule", **EXAMPLES.task)
    def arrived():
        files, root = url_to_fs(data_url(NAME))
        # Written with open_data, a file has this name when it is complete, and not before.
        names = sorted(path.rpartition("/")[2] for path in files.glob(f"{root}/{prefix()}/*.csv"))
        log.info("%d files under %s", len(names), prefix())
        return PokeReturnValue(is_done=bool(names), xcom_value=names)

    @task(**EXAMPLES.task)
    def deliver():
        """Stands in for whoever delivers, some time."""
        time.sleep(5)
        with open_data(NAME, f"{prefix()}/orders.csv", "w") as file:
            file.write("customer,amount\nAda,120.50\n")

    @task(**EXAMPLES.task)
    def read(names):
        for name in names:
            with open_data(NAME, f"{prefix()}/{name}", "r") as file:
                log.info("%s has %d lines", name, len(file.readlines()))

    read(arrived())
    deliver()


example_sensor()
