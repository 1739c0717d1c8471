"""DAG files before Airflow has them: what they are, what Airflow makes of them, what is wrong with them.

`program/` runs in a pod of the deployment's image and needs Airflow; all else here knows Airflow's words only.
Facts are collected once, rules are pure functions of them. May import kube, airflow_api, process, result, errors.
"""

from airstrip.dags.defects import Defect, Level
from airstrip.dags.facts import Facts, Known, ParsedDag, ParsedDags, ParsedFile, Reference, without_values
from airstrip.dags.folder import find_pointers, holds_dags, may_hold_dag, may_hold_dags, written_names
from airstrip.dags.git_files import fetch_files
from airstrip.dags.parse import PROGRAM, parse_folder, program_key
from airstrip.dags.pod import running_pod
from airstrip.dags.removed import Removed, find_outdated, find_removed
from airstrip.dags.revisions import content_key, entries, fingerprints, revision_by, revision_of
from airstrip.dags.rules import RULES, find_defects
from airstrip.dags.sending import hindrances, snapshot
from airstrip.dags.volume import Volume, VolumeState, end_pods, fingerprints_in_pod, open_volume

__all__ = [
    "PROGRAM",
    "RULES",
    "Defect",
    "Facts",
    "Known",
    "Level",
    "ParsedDag",
    "ParsedDags",
    "ParsedFile",
    "Reference",
    "Removed",
    "Volume",
    "VolumeState",
    "content_key",
    "end_pods",
    "entries",
    "fetch_files",
    "find_defects",
    "find_outdated",
    "find_pointers",
    "find_removed",
    "fingerprints",
    "fingerprints_in_pod",
    "hindrances",
    "holds_dags",
    "may_hold_dag",
    "may_hold_dags",
    "open_volume",
    "parse_folder",
    "program_key",
    "revision_by",
    "revision_of",
    "running_pod",
    "snapshot",
    "without_values",
    "written_names",
]
