"""Proves that a deployment runs tasks: two pods, one after the other, each says who it is."""

from __future__ import annotations

import logging
import os
import platform

from airflow.sdk import dag, task

# Not print: its lines come by another way than the log's, and the UI may fold them away under "Post Execute".
log = logging.getLogger(__name__)


@dag(schedule=None, catchup=False, is_paused_upon_creation=True, tags=["airstrip"], doc_md=__doc__)
def smoke():
    @task
    def hello() -> str:
        pod = platform.node()
        log.info("hello from %s: uid %d, Python %s", pod, os.getuid(), platform.python_version())
        return pod

    @task
    def goodbye(greeted_by: str) -> None:
        log.info("goodbye from %s: hello came from %s", platform.node(), greeted_by)

    goodbye(hello())


smoke()
