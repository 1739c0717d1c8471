"""A plan with each thing that a plan can hold, as `plan` hands it to the command line."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from airstrip.kube import Change, FieldChange
from airstrip.kube.changes import MASK
from airstrip.kube.inventory import Entry
from airstrip.operations.plan import PlannedStage

SETTINGS = Entry("v1", "ConfigMap", "airflow", "settings-1f7637e08f")
SCHEDULER = Entry("apps/v1", "Deployment", "airflow", "scheduler")
POD = "spec.template.spec"
BEFORE = "[core]\nparallelism = 8\n[scheduler]\nparsing = 30\n"

STAGES = (
    PlannedStage("place", ("start the node airflow anew: its programs or settings are others now; its pods too",)),
    PlannedStage("image"),
    PlannedStage("secrets", ("generate Secret airflow-keys in airflow",)),
    PlannedStage(
        "foundation",
        changes=(
            Change("add", Entry("v1", "Service", "airflow", "api-server")),
            Change("add", SETTINGS, (FieldChange("data.airflow.cfg", BEFORE, BEFORE.replace("8", "16")),)),
            Change(
                "change", Entry("v1", "Secret", "airflow", "airflow-cli"), (FieldChange("data.password", MASK, MASK),)
            ),
        ),
    ),
    PlannedStage(
        "migration", changes=(Change("replace", Entry("batch/v1", "Job", "airflow", "migration-0a1b2c3d4e")),)
    ),
    PlannedStage(
        "airflow",
        changes=(
            Change(
                "change",
                SCHEDULER,
                (
                    FieldChange(f"{POD}.terminationGracePeriodSeconds", 7, 90),
                    FieldChange(f"{POD}.containers[scheduler].env[AIRFLOW__API__WORKERS].value", None, "4"),
                ),
                ("kubectl-patch", "kubectl-client-side-apply"),
            ),
        ),
    ),
    PlannedStage("prune", changes=(Change("remove", replace(SETTINGS, name="settings-99aa88bb77")),)),
)


def planned(*stages: PlannedStage) -> dict[str, Any]:
    """The data of `plan` for these stages."""
    found = Counter(change.action for stage in stages for change in stage.changes)
    return {
        "name": "airflow",
        "changed": True,
        "counts": {action: found[action] for action in ("add", "change", "replace", "remove")},
        "stages": [stage.to_dict() for stage in stages],
        "dags": next((stage.dags.to_dict() for stage in stages if stage.dags), None),
    }


PLAN = planned(*STAGES)
