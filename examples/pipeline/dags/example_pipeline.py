"""Two pods of their own images, one after the other: files go by the project's data, a number by XCom.

The programs of the pods are files in `tasks/`. They come as an argument, so it does not matter whether DAGs are in a
folder, come by git or are in an image; larger ones are better in an image of their own.
"""

import os
from pathlib import Path

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import dag

from airstrip_pods import project

EXAMPLES = project("examples")
TASKS = Path(__file__).parent / "tasks"
# Any image that has Python and airstrip_pods; this one is the deployment's own.
IMAGE = os.environ.get("AIRSTRIP_AIRFLOW_IMAGE")
# Between two looks at a pod that starts: 5 where nothing is said.
LOOK_SECONDS = 1


def python(name):
    return ["python", "-c", (TASKS / name).read_text()]


@dag(schedule=None, tags=["example"], doc_md=__doc__)
def example_pipeline():
    extract = KubernetesPodOperator(
        task_id="extract",
        image=IMAGE,
        cmds=python("pipeline_extract.py"),
        do_xcom_push=True,
        startup_check_interval_seconds=LOOK_SECONDS,
        **EXAMPLES.operator,
    )
    report = KubernetesPodOperator(
        task_id="report",
        image=IMAGE,
        cmds=python("pipeline_report.py"),
        arguments=["--rows", "{{ ti.xcom_pull('extract')['rows'] }}"],
        startup_check_interval_seconds=LOOK_SECONDS,
        **EXAMPLES.operator,
    )
    extract >> report


example_pipeline()
