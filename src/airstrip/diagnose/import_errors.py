"""DAG files that cannot be imported, for verbs that look at nothing else: told as `doctor` tells of them."""

from __future__ import annotations

from collections.abc import Sequence

from airstrip.diagnose.airflow.api_probe import import_errors
from airstrip.diagnose.airflow.dags import DAG_RULES
from airstrip.diagnose.airflow.facts import AirflowFacts, ImportErrorFact
from airstrip.diagnose.diagnosis import diagnose
from airstrip.diagnose.facts import Facts
from airstrip.findings import Finding

__all__ = ["ImportErrorFact", "import_error_findings", "import_errors"]


def import_error_findings(errors: Sequence[ImportErrorFact]) -> list[Finding]:
    """One for each file, by the first rule that knows its cause."""
    return diagnose(Facts(airflow=AirflowFacts(import_errors=tuple(errors))), DAG_RULES)
