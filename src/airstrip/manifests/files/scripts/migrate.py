"""Migrates Airflow's database, then makes Airflow's accounts: what must be done before Airflow rolls.

    python migrate.py ACCOUNTS_FOLDER [--given]

One process for all, because each alone would import nearly all of Airflow. Can be run again. A database that was given
is looked at first: it may be somebody else's.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(accounts: Path, *, given: bool) -> None:
    # Late: without arguments this is only a usage error.
    import claim_database
    import create_accounts
    from airflow.__main__ import main as airflow

    if given:
        claim_database.main()
    sys.argv = ["airflow", "db", "migrate"]
    airflow()
    create_accounts.main(accounts)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--given"]):
        raise SystemExit("usage: migrate.py ACCOUNTS_FOLDER [--given]")
    main(Path(sys.argv[1]), given=len(sys.argv) > 2)
