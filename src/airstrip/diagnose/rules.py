"""All rules in the order of what to mend first: from the ground up, a cause before what it brings about.

Codes are those of errors with the same meaning (kube.troubles), so `doctor CODE` explains both.
"""

from __future__ import annotations

from airstrip.diagnose import placement, pods
from airstrip.diagnose.airflow.rules import AIRFLOW_RULES, AIRFLOW_SYMPTOM_RULES
from airstrip.diagnose.rule import Rule

RULES: tuple[Rule, ...] = (
    *placement.NODE_RULES,
    *placement.VOLUME_RULES,
    *pods.IMAGE_RULES,
    *pods.REFUSAL_RULES,
    *placement.SCHEDULING_RULES,
    *pods.START_RULES,
    *AIRFLOW_RULES,
    *pods.END_RULES,
    *AIRFLOW_SYMPTOM_RULES,
)
