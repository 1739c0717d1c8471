"""Rules about Airflow and what it stands on, in two places of the order of all rules."""

from __future__ import annotations

from airstrip.diagnose.airflow import database
from airstrip.diagnose.rule import Rule

AIRFLOW_RULES: tuple[Rule, ...] = (*database.RULES,)
"""Causes: before pods that end again and again and Jobs that failed, which follow from them."""

AIRFLOW_SYMPTOM_RULES: tuple[Rule, ...] = ()
"""What Airflow itself shows, once nothing beneath it explains that: last of all rules."""
