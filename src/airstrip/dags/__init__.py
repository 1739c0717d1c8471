"""DAG files before Airflow has them: what they are, what Airflow makes of them, what is wrong with them.

`program/` runs in a pod of the deployment's image and needs Airflow; all else here knows Airflow's words only.
Facts are collected once, rules are pure functions of them. May import kube, airflow_api, process, result, errors.
"""

from airstrip.dags.defects import Defect, Level
from airstrip.dags.facts import Facts, Known, ParsedDags, ParsedFile, Reference
from airstrip.dags.folder import content_key, holds_dags, written_names
from airstrip.dags.parse import parse_folder, program_key
from airstrip.dags.removed import Removed, find_outdated, find_removed
from airstrip.dags.rules import RULES, find_defects

__all__ = [
    "RULES",
    "Defect",
    "Facts",
    "Known",
    "Level",
    "ParsedDags",
    "ParsedFile",
    "Reference",
    "Removed",
    "content_key",
    "find_defects",
    "find_outdated",
    "find_removed",
    "holds_dags",
    "parse_folder",
    "program_key",
    "written_names",
]
