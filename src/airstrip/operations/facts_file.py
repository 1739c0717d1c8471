"""The file that keeps what `doctor` saw, for a report."""

from __future__ import annotations

import json
from pathlib import Path

from airstrip.diagnose import Facts, Look
from airstrip.errors import AirstripError
from airstrip.report_file import write_report


def read_facts(file: Path) -> Facts:
    """Raises AirstripError `facts.not-read`, and `facts.invalid` for what another version saved."""
    try:
        return Facts.from_dict(json.loads(file.read_text()))
    except OSError as error:
        raise AirstripError(
            "facts.not-read", f"{file} cannot be read: {error.strerror}", fix="Check the path and whose it is."
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise AirstripError(
            "facts.invalid",
            f"{file} does not hold facts that this Airstrip knows",
            cause=f"{error}.",
            fix="Save them with the same version: ./airstrip doctor --facts FILE",
        ) from error


def write_facts(file: Path, seen: Look) -> str:
    """Keeps it without secrets, for the user's eyes first: names and log lines may tell much.

    Returns what could not be looked through for secrets and is not in the file, as a sentence; empty where all was.
    """
    facts, strike = seen.kept()
    write_report(file, json.dumps(facts.to_dict(), indent=1) + "\n", private=True)
    return strike.unread(f"in {file}")
