"""A cluster as plain objects: access, server-side apply, waits, the lock and the inventory.

Objects are dicts in the API's JSON shape. Nothing in here knows Airflow, a spec or a place; it may
import only errors, events, process, result and times.
"""

from airstrip.kube.access import Review, review_access
from airstrip.kube.changes import Change, FieldChange, compare, execute, has_failed, plan_changes
from airstrip.kube.cluster import Applied, Cluster, connect
from airstrip.kube.exec import run_in_pod
from airstrip.kube.kubeconfig import load_access
from airstrip.kube.lease import Lease
from airstrip.kube.logs import LEFT_OUT, follow_pod_log, last_words, pod_log, pod_logs
from airstrip.kube.port_forward import LOOPBACK, Tell, forward
from airstrip.kube.refusals import is_forbidden, unless_forbidden
from airstrip.kube.resources import Resource
from airstrip.kube.retries import NO_PAST, Past, restart_crash_loops
from airstrip.kube.rights import Right, is_allowed
from airstrip.kube.transport import may_pass
from airstrip.kube.troubles import Trouble, pod_troubles
from airstrip.kube.wait import (
    wait_for_default_service_account,
    wait_for_job,
    wait_for_rollout,
)

__all__ = [
    "LEFT_OUT",
    "LOOPBACK",
    "NO_PAST",
    "Applied",
    "Change",
    "Cluster",
    "FieldChange",
    "Lease",
    "Past",
    "Resource",
    "Review",
    "Right",
    "Tell",
    "Trouble",
    "compare",
    "connect",
    "execute",
    "follow_pod_log",
    "forward",
    "has_failed",
    "is_allowed",
    "is_forbidden",
    "last_words",
    "load_access",
    "may_pass",
    "plan_changes",
    "pod_log",
    "pod_logs",
    "pod_troubles",
    "restart_crash_loops",
    "review_access",
    "run_in_pod",
    "unless_forbidden",
    "wait_for_default_service_account",
    "wait_for_job",
    "wait_for_rollout",
]
