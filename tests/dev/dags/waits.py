"""A task whose trigger fails, some that their triggers end, what tasks print that looks like a log, a DAG that calls
another one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.providers.standard.sensors.time_delta import WaitSensor
from airflow.sdk import DAG, BaseOperator, task
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSkippedEvent, TaskSuccessEvent


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


class Ends(BaseTrigger):
    def __init__(self, state: str) -> None:
        super().__init__()
        self.state = state

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{__name__}.Ends", {"state": self.state}

    async def run(self) -> Any:
        event = {"success": TaskSuccessEvent, "skipped": TaskSkippedEvent, "failed": TaskFailedEvent}[self.state]
        yield event(xcoms={"return_value": f"of the trigger: {self.state}"})


class EndedByTrigger(BaseOperator):
    """Has no method to go on by."""

    def __init__(self, state: str, **more: Any) -> None:
        super().__init__(task_id=state, **more)
        self.state = state

    def execute(self, context: Any) -> None:
        self.defer(trigger=Ends(self.state), method_name="none")


with DAG("waits", schedule=None):

    @task
    def printed() -> None:
        print({"day": "monday"})
        print('{"event": "order", "customer": 7}')

    Waits(task_id="wait")
    printed()

with DAG("ends", schedule=None):

    @task(trigger_rule="all_done")
    def read(**context: Any) -> None:
        print(context["ti"].xcom_pull(task_ids="success"))

    def told(context: Any) -> None:
        print(f"{context['ti'].task_id} was told of its end")

    waited = WaitSensor(task_id="waited", time_to_wait=timedelta(seconds=1), deferrable=True)
    ended = EndedByTrigger(state="success", on_success_callback=told)
    [waited, ended, EndedByTrigger(state="skipped"), EndedByTrigger(state="failed", retries=1)] >> read()

with DAG("calls", schedule=None):
    TriggerDagRunOperator(task_id="call", trigger_dag_id="slow")
