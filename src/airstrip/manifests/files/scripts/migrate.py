"""Migrates Airflow's database, then makes Airflow's accounts: what must be done before Airflow rolls.

    python migrate.py ACCOUNTS_FOLDER

One process for both, because each alone would import nearly all of Airflow. Can be run again.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(accounts: Path) -> None:
    # Late: without arguments this is only a usage error.
    import create_accounts
    from airflow.__main__ import main as airflow

    sys.argv = ["airflow", "db", "migrate"]
    airflow()
    create_accounts.main(accounts)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: migrate.py ACCOUNTS_FOLDER")
    main(Path(sys.argv[1]))
