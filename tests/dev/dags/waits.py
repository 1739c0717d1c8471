"""A task whose trigger fails, what tasks print that looks like a log, and a DAG that calls another one."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, BaseOperator, task
from airflow.triggers.base import BaseTrigger


class Broken(BaseTrigger):
    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.Broken", {}

    async def run(self) -> Any:
        raise ValueError("no such queue")
        yield


class Waits(BaseOperator):
    def execute(self, context: Any) -> None:
        self.defer(trigger=Broken(), method_name="resume")

    def resume(self, context: Any, event: Any) -> None: ...


with DAG("waits", schedule=None):

    @task
    def printed() -> None:
        print({"day": "monday"})
        print('{"event": "order", "customer": 7}')

    Waits(task_id="wait")
    printed()

with DAG("calls", schedule=None):
    TriggerDagRunOperator(task_id="call", trigger_dag_id="slow")
