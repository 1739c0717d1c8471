"""The DAG processor: parses the files of all bundles; the only one of the control plane that runs their code."""

from __future__ import annotations

from airstrip.manifests.dags import dags_mounts
from airstrip.manifests.git_sync import with_git_sync
from airstrip.manifests.main_loop import main_loop_probe
from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.names import DAG_PROCESSOR
from airstrip.manifests.process import FERNET_KEY, Process, Resources, database_url, pod_template
from airstrip.manifests.projects import PROJECTS
from airstrip.manifests.volumes import PRIVATE_LOGS, SCRATCH, SCRIPTS
from airstrip.manifests.workload import deployment

# It has no port to ask whether it started; a wrong setting or database ends it sooner than this.
_SETTLE_SECONDS = 5


def build_dag_processor(inputs: Inputs) -> tuple[Object, ...]:
    """A Deployment. Fernet, because files that read connections while they are parsed get them from it."""
    process = Process(
        component=DAG_PROCESSOR,
        args=("airflow", "dag-processor"),
        # The limit is for what users import.
        resources=Resources(cpu=100, memory=224, memory_limit=1536),
        secrets=(database_url(inputs), FERNET_KEY),
        mounts=(*SCRATCH, SCRIPTS, PRIVATE_LOGS, *dags_mounts(inputs), PROJECTS),
        runs_dags=True,
        probes={"livenessProbe": main_loop_probe()},
        grace_seconds=60,
    )
    template = with_git_sync(inputs, pod_template(inputs, process))
    # Two that write one folder would break it for each other (decision 0042); one with the image before would write
    # DAGs back as they were.
    alone = bool(inputs.spec.dags.synced) or inputs.spec.dags.in_image
    return (deployment(inputs, DAG_PROCESSOR, template, settle_seconds=_SETTLE_SECONDS, one_at_a_time=alone),)
