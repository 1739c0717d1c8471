"""A task that fails at first and is tried again, one that fails for good, and what is called when they do.

The callbacks write into the project's data, where others would send a message. What ends the run looks at it whatever
has failed, so the run itself ends well.
"""

import logging
from datetime import timedelta

from airflow.sdk import dag, get_current_context, task

from airstrip_pods import open_data, project

NAME = "examples"
EXAMPLES = project(NAME)
log = logging.getLogger(__name__)


def file_of(context, task_id, what):
    return f"retries/{context['run_id']}/{task_id}-{what}.txt"


def keep(context, what):
    instance = context["ti"]
    with open_data(NAME, file_of(context, instance.task_id, what), "w") as file:
        file.write(f"{instance.task_id} failed at try {instance.try_number}: {context['exception']}")


def tried_again(context):
    keep(context, "tried-again")


def given_up(context):
    keep(context, "given-up")


TRIED = {
    "retries": 1,
    "retry_delay": timedelta(seconds=1),
    "on_retry_callback": tried_again,
    "on_failure_callback": given_up,
}


@dag(schedule=None, tags=["example"], doc_md=__doc__)
def example_retries():
    @task(**TRIED, **EXAMPLES.task)
    def flaky():
        if get_current_context()["ti"].try_number == 1:
            raise ConnectionError("the server did not answer")
        log.info("the server answered at try 2")

    @task(**TRIED, **EXAMPLES.task)
    def broken():
        raise ValueError("there is no column amount")

    @task(trigger_rule="all_done", **EXAMPLES.task)
    def tell():
        context = get_current_context()
        for task_id, what in (("flaky", "tried-again"), ("broken", "tried-again"), ("broken", "given-up")):
            with open_data(NAME, file_of(context, task_id, what), "r") as file:
                log.info("%s: %s", what, file.read())

    [flaky(), broken()] >> tell()


example_retries()
