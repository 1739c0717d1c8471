"""Proves that a deployment runs tasks: two pods, one after the other, each says who it is."""

from __future__ import annotations

import os
import platform

from airflow.sdk import dag, task


@dag(schedule=None, catchup=False, is_paused_upon_creation=True, tags=["airstrip"], doc_md=__doc__)
def smoke():
    @task
    def hello() -> str:
        pod = platform.node()
        print(f"hello from {pod}: uid {os.getuid()}, Python {platform.python_version()}")
        return pod

    @task
    def goodbye(greeted_by: str) -> None:
        print(f"goodbye from {platform.node()}: hello came from {greeted_by}")

    goodbye(hello())


smoke()
