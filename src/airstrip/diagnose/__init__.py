"""Why something does not work: probes collect facts once, rules are pure functions of them.

A probe reads and never changes anything, has a deadline, and fails alone; a rule reads only `Facts`, as they were
seen, and no secret stands in what is told or kept of them. A place tells its own in a PlaceFact: nothing here knows
which place it is. May import kube, airflow_api, spec, place, redaction, result and errors.
"""

from airstrip.diagnose.airflow.components import SILENT, restart, silence
from airstrip.diagnose.airflow.database import DATABASE, UNHEALTHY
from airstrip.diagnose.diagnosis import diagnose
from airstrip.diagnose.examine import Sources, examine, look_at_cluster
from airstrip.diagnose.facts import DeploymentFact, Facts
from airstrip.diagnose.look import Look
from airstrip.diagnose.namespace_rules import NOT_READY
from airstrip.diagnose.place_rules import NOT_RUNNING
from airstrip.diagnose.rule import Rule
from airstrip.diagnose.rules import ABSENT_CODES, LANDED_CODES, NOT_SEEN, RULES, UNSEEN_CODES
from airstrip.diagnose.secret_values import SecretValues, unread
from airstrip.diagnose.task_pods import left_over
from airstrip.diagnose.task_pods_probe import task_pods_probe

__all__ = [
    "ABSENT_CODES",
    "DATABASE",
    "LANDED_CODES",
    "NOT_READY",
    "NOT_RUNNING",
    "NOT_SEEN",
    "RULES",
    "SILENT",
    "UNHEALTHY",
    "UNSEEN_CODES",
    "DeploymentFact",
    "Facts",
    "Look",
    "Rule",
    "SecretValues",
    "Sources",
    "diagnose",
    "examine",
    "left_over",
    "look_at_cluster",
    "restart",
    "silence",
    "task_pods_probe",
    "unread",
]
