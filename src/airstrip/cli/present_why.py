"""Why something does not run, as text: what was asked about, its cause, and what else holds in a line each."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from airstrip.cli.tables import state
from airstrip.cli.width import fold
from airstrip.findings import Finding

_WELL = {"success": ". It ran, and nothing is wrong.", "running": ". Nothing that is known keeps it."}


def present_why(data: Mapping[str, Any], findings: Sequence[Finding]) -> list[str]:
    """`load extract[3] (manual__1): failed`, and on it alone where nothing was found; what is not told."""
    index = f"[{data['map']}]" if data["map"] >= 0 else ""
    what = f"{data['dag']} {data['task']}{index}" if data["task"] else str(data["dag"])
    now = data["state"] if data["task"] else data["runState"]
    run = f" ({data['run']})" if data["run"] else ""
    well = "" if findings else _WELL.get(str(now), "")
    warning = fold(data["warning"], sys.stdout, 0) if "warning" in data else []
    return [f"{what}{run}: {state(now or ('waiting' if data['run'] else 'no run'))}{well}", *warning]


def also(findings: Sequence[Finding]) -> list[str]:
    """What holds beside the cause, a line for each."""
    lines = ["", "also:"] if findings else []
    for finding in findings:
        lines += fold(f"  {finding.symptom}: {finding.cause}  [{finding.code}]", sys.stdout, 4)
    return lines
