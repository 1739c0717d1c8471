"""What of a folder of DAG files can be in a deployment: the same for those that are pushed and those in the image."""

from __future__ import annotations

from pathlib import Path

from airstrip.dags import hindrances
from airstrip.errors import UsageError

_MOST_TOLD = 50


def require_sendable(folder: Path, copy_of: Path | None = None) -> None:
    """Raises UsageError with everything that hinders it. `copy_of` is the folder as its author knows it."""
    found = hindrances(folder)
    if not found:
        return
    more = [f"and {len(found) - _MOST_TOLD} more"] if len(found) > _MOST_TOLD else []
    raise UsageError(
        "dags.not-sendable",
        f"{copy_of or folder} cannot be sent to the deployment: {len(found)} problem{'s' if len(found) != 1 else ''}",
        cause="What stands below cannot be in the deployment's volume or image as it is here.",
        fix="Mend each: links lead to a file of the folder, files can be read, data is kept elsewhere.",
        details="\n".join([*found[:_MOST_TOLD], *more]),
    )
