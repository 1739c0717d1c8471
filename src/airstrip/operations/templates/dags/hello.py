"""Two tasks, one after the other. Run it with: ./airstrip run hello"""

import logging

from airflow.sdk import dag, task

log = logging.getLogger(__name__)


@dag(schedule=None, tags=["example"])
def hello():
    @task
    def greet(name: str = "world") -> str:
        log.info("Hello, %s!", name)
        return name

    @task
    def count(name: str) -> int:
        log.info("That name has %d letters.", len(name))
        return len(name)

    count(greet())


hello()
