"""Why a DAG or a task does not run, or why it failed: facts are collected once, an ordered chain of pure reasons
tells what they mean.

As in diagnose, whose facts of pods and whose matches are used here. May import airflow_api, kube, diagnose,
result and errors.
"""

from airstrip.diagnose.why.chain import REASONS, explain
from airstrip.diagnose.why.collect import Where, add_cluster, collect
from airstrip.diagnose.why.facts import WhyFacts
from airstrip.diagnose.why.focus import in_trouble
from airstrip.diagnose.why.reason import Reason

__all__ = ["REASONS", "Reason", "Where", "WhyFacts", "add_cluster", "collect", "explain", "in_trouble"]
