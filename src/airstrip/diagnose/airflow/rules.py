"""Rules about Airflow and what it stands on, in three places of the order of all rules."""

from __future__ import annotations

from airstrip.diagnose.airflow.components import API_RULES, COMPONENT_RULES
from airstrip.diagnose.airflow.dags import DAG_RULES, PROVIDER_RULES
from airstrip.diagnose.airflow.database import DATABASE_FIRST_RULES, DATABASE_RULES, DATABASE_SYMPTOM_RULES
from airstrip.diagnose.airflow.git import GIT_RULES
from airstrip.diagnose.airflow.logs import LOG_RULES
from airstrip.diagnose.airflow.secrets import FERNET_RULES, ROLLED_RULES, SECRET_RULES
from airstrip.diagnose.airflow.settings_rules import SETTING_RULES
from airstrip.diagnose.airflow.work import WORK_RULES
from airstrip.diagnose.rule import Rule

AIRFLOW_FIRST_RULES: tuple[Rule, ...] = (*SECRET_RULES, *DATABASE_FIRST_RULES)
"""Before pods that cannot start and components that are not there: all of them may follow."""

AIRFLOW_RULES: tuple[Rule, ...] = (*DATABASE_RULES, *COMPONENT_RULES, *GIT_RULES, *PROVIDER_RULES)
"""Causes: before pods that end again and again and Jobs that failed, which follow from them."""

AIRFLOW_SYMPTOM_RULES: tuple[Rule, ...] = (
    *ROLLED_RULES,
    *DATABASE_SYMPTOM_RULES,
    *API_RULES,
    *FERNET_RULES,
    *LOG_RULES,
    *SETTING_RULES,
    *DAG_RULES,
    *WORK_RULES,
)
"""What Airflow itself shows, once nothing beneath it explains that: last of all rules."""
