"""What was seen of Airflow: frozen, JSON-able, without the value of any secret."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AirflowFacts:
    """`version` is what Airflow's API says, empty where it does not answer."""

    version: str = ""
