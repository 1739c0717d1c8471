"""Airflow's REST API (v2) as typed values.

What speaks HTTP to Airflow belongs here; nothing of Kubernetes, a spec or a place. May import only
errors, proxies, result and times.
"""

from airstrip.airflow_api.client import AirflowClient
from airstrip.airflow_api.health import Health, Heartbeat
from airstrip.airflow_api.inspection import Inspection, Overdue, WaitingTask
from airstrip.airflow_api.log_lines import LogRecord, TaskLog, read_output, read_printed
from airstrip.airflow_api.models import Dag, DagImportError, DagRun, TaskInstance, User
from airstrip.airflow_api.refusals import may_pass
from airstrip.airflow_api.scheduling_models import (
    AuditEntry,
    Backfill,
    DagDetails,
    Dependency,
    Pool,
    TaskDefinition,
)
from airstrip.airflow_api.way import UNREACHABLE, unreachable

__all__ = [
    "UNREACHABLE",
    "AirflowClient",
    "AuditEntry",
    "Backfill",
    "Dag",
    "DagDetails",
    "DagImportError",
    "DagRun",
    "Dependency",
    "Health",
    "Heartbeat",
    "Inspection",
    "LogRecord",
    "Overdue",
    "Pool",
    "TaskDefinition",
    "TaskInstance",
    "TaskLog",
    "User",
    "WaitingTask",
    "may_pass",
    "read_output",
    "read_printed",
    "unreachable",
]
