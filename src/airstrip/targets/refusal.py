"""How a place refuses a deployment: with all that must be mended, at once."""

from __future__ import annotations

from collections.abc import Sequence

from airstrip.errors import CheckError
from airstrip.findings import Finding


def refusal(title: str, name: str, problems: Sequence[Finding]) -> CheckError:
    """`title` is the place's, `name` the deployment's; each problem is a finding of its own."""
    count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
    error = CheckError(
        "place.unsuitable",
        f"{title} cannot take {name}: {count}, and nothing was changed",
        fix="Mend all that is named below, then run this again.",
    )
    error.findings = tuple(problems)
    return error
