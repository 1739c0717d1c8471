"""Two ways to wait without a pod that waits: for a time, and for another pod's end. The triggerer watches for both."""

import logging
import os
import platform
from datetime import UTC, datetime, timedelta

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, Param, dag

from airstrip_pods import project

EXAMPLES = project("examples")
log = logging.getLogger(__name__)


class Wait(BaseOperator):
    """Leaves its pod, is waited for in the triggerer with a thousand others, and comes back in another pod."""

    def execute(self, context):
        seconds = context["params"]["seconds"]
        log.info("leaves %s for %d seconds", platform.node(), seconds)
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        self.defer(trigger=DateTimeTrigger(moment=moment), method_name="resume")

    def resume(self, context, event):  # noqa: ARG002 - Airflow's own signature
        log.info("is back, in %s", platform.node())


@dag(
    schedule=None,
    tags=["example"],
    doc_md=__doc__,
    # How long it waits: longer, to look at it meanwhile.
    params={"seconds": Param(3, type="integer", minimum=0)},
)
def example_deferrable():
    wait = Wait(task_id="wait")
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
