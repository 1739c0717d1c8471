"""Two tasks in two pods, one after the other; the second gets what the first returned."""

import logging
import platform

from airflow.sdk import dag, task

# Not print: its lines come by another way than the log's, and the UI may fold them away under "Post Execute".
log = logging.getLogger(__name__)


@dag(schedule=None, tags=["example"], doc_md=__doc__)
def example_smoke():
    @task
    def hello() -> str:
        pod = platform.node()
        log.info("hello from %s", pod)
        return pod

    @task
    def goodbye(greeted_by: str) -> None:
        log.info("goodbye from %s: hello came from %s", platform.node(), greeted_by)

    goodbye(hello())


example_smoke()
