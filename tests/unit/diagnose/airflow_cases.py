"""One case for each rule about Airflow, its database, Secrets, logs, settings and DAGs."""

from __future__ import annotations

from dataclasses import replace

from airstrip.diagnose import Facts
from tests.unit.diagnose.making import FAILED, LOGIN, MIGRATION, REFUSED, Case, failing

AIRFLOW_CASES: dict[str, Case] = {
    "database.login-refused": (
        Facts(pods=[replace(MIGRATION, containers=(failing(LOGIN),))], jobs=[FAILED]),
        "the database refuses the login of migration",
    ),
    "database.unreachable": (
        Facts(pods=[replace(MIGRATION, containers=(failing(REFUSED),))], jobs=[FAILED]),
        "migration does not reach the database",
    ),
}
