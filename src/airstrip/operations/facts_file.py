"""The file that keeps what `doctor` saw, for a report."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from airstrip.diagnose import Facts
from airstrip.errors import AirstripError, not_written


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


def write_facts(file: Path, facts: Facts) -> None:
    """For the user's eyes first, whoever could read a file that was there: names and log lines may tell much.

    Whole or not at all.
    """
    text = json.dumps(facts.to_dict(), indent=1) + "\n"
    try:
        output = _our_output(file)
        if output is not None:
            # Where we write next, after what was said: what is said then follows.
            with os.fdopen(os.dup(output), "w") as stream:
                stream.write(text)
        elif file.exists() and not file.is_file():
            # A pipe: whoever reads it is there already.
            file.write_text(text)
        else:
            _replace(file.resolve(), text)
    except OSError as error:
        error.filename = str(file)
        raise not_written(error) from error


def _our_output(file: Path) -> int | None:
    """/dev/stdout may well be a file, which must stay the one that the answer goes to."""
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.path.samestat(file.stat(), os.fstat(descriptor)):
                return descriptor
    return None


def _replace(file: Path, text: str) -> None:
    # Made with mode 0600.
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)
        _keep_owner(file, temporary)
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _keep_owner(file: Path, temporary: Path) -> None:
    """Whose it was, as far as we may: root writes for somebody."""
    with suppress(FileNotFoundError, PermissionError):
        was = file.stat()
        os.chown(temporary, was.st_uid, was.st_gid)
