"""Makes Airflow's accounts out of mounted Secrets: FOLDER/ACCOUNT/{username,password}.

    python create_accounts.py FOLDER

Can be run again. People's accounts (admin) keep the password that they have by then; the account
of Airstrip's own command line gets its Secret's password back, because nobody else knows it.
No password is an argument or printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROLE = "Admin"
OWN_ACCOUNT = "airstrip"


def read_accounts(folder: Path) -> dict[str, str]:
    """Passwords by username."""
    # A projected volume has folders of its own, whose names begin with two dots.
    found = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith("..")]
    return {(path / "username").read_text().strip(): (path / "password").read_text().strip() for path in found}


def ensure_account(security_manager, username: str, password: str) -> str:
    """Makes the account, or mends it; returns what was done."""
    user = security_manager.find_user(username)
    if user is None:
        role = security_manager.find_role(ROLE)
        if role is None:
            raise SystemExit(f"the role {ROLE} is missing: was the database migrated?")
        if not security_manager.add_user(username, username, "Airstrip", f"{username}@localhost", role, password):
            raise SystemExit(f"the account {username} could not be made; Airflow's log above says why")
        return "made"
    if username == OWN_ACCOUNT and not security_manager.check_password(username, password):
        security_manager.reset_password(user.id, password)
        return "there, password set again"
    return "there"


def main(folder: Path) -> None:
    # Late: without arguments this is only a usage error.
    import logging

    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    # Hundreds of lines, one for each permission of each role.
    logging.disable(logging.WARNING)
    with get_application_builder() as builder:
        for username, password in read_accounts(folder).items():
            print(f"account {username}: {ensure_account(builder.sm, username, password)}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: create_accounts.py FOLDER")
    main(Path(sys.argv[1]))
