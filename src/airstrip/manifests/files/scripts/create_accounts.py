"""Makes Airflow's accounts out of mounted Secrets: FOLDER/ACCOUNT/{username,password}.

    python create_accounts.py FOLDER

Can be run again. People's accounts (admin) are made in a database that has no account at all, and
never after that: whoever deleted one does not want it back. The account of Airstrip's own command
line is made again, and gets its Secret's password back, because nobody else knows it.
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


def ensure_accounts(security_manager, accounts: dict[str, str]) -> dict[str, str]:
    """What was done, by username."""
    is_first = security_manager.count_users() == 0
    done = {}
    # Our own comes last: cut off before it, people's accounts are there, so none is missing later.
    for username in sorted(accounts, key=lambda name: name == OWN_ACCOUNT):
        if is_first or username == OWN_ACCOUNT or security_manager.find_user(username) is not None:
            done[username] = ensure_account(security_manager, username, accounts[username])
        else:
            done[username] = "was deleted, and is not made again"
    return done


def main(folder: Path) -> None:
    # Late: without arguments this is only a usage error.
    import logging

    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    # Hundreds of lines, one for each permission of each role.
    logging.disable(logging.WARNING)
    with get_application_builder() as builder:
        for username, what in ensure_accounts(builder.sm, read_accounts(folder)).items():
            print(f"account {username}: {what}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: create_accounts.py FOLDER")
    main(Path(sys.argv[1]))
