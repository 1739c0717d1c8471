"""Two ways to wait without a pod that waits: for a time, and for another pod's end. The triggerer watches for both."""

import logging
import os
import platform
from datetime import UTC, datetime, timedelta

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, dag

from airstrip_pods import project

EXAMPLES = project("examples")
log = logging.getLogger(__name__)


class Wait(BaseOperator):
    """Leaves its pod, is waited for in the triggerer with a thousand others, and comes back in another pod."""

    def __init__(self, seconds, **arguments):
        super().__init__(**arguments)
        self.seconds = seconds

    def execute(self, context):  # noqa: ARG002 - Airflow's own signature
        log.info("leaves %s for %d seconds", platform.node(), self.seconds)
        moment = datetime.now(UTC) + timedelta(seconds=self.seconds)
        self.defer(trigger=DateTimeTrigger(moment=moment), method_name="resume")

    def resume(self, context, event):  # noqa: ARG002 - Airflow's own signature
        log.info("is back, in %s", platform.node())


@dag(schedule=None, tags=["example"], doc_md=__doc__)
def example_deferrable():
    wait = Wait(task_id="wait", seconds=3)
    work = KubernetesPodOperator(
        task_id="work",
        image=os.environ.get("AIRSTRIP_AIRFLOW_IMAGE"),
        cmds=["sh", "-c"],
        arguments=["echo at work; sleep 3; echo done"],
        deferrable=True,
        # Seconds between two looks of the triggerer.
        poll_interval=1,
        **EXAMPLES.operator,
    )
    wait >> work


example_deferrable()
