"""A finding as text: the same beneath a verb's answer and beneath its failure."""

from __future__ import annotations

from typing import TextIO

from airstrip.cli.colors import paint
from airstrip.cli.width import fold
from airstrip.findings import Finding


def finding_lines(finding: Finding, stream: TextIO) -> list[str]:
    """As wide as the terminal behind `stream`, after an empty line."""
    lines = ["", *fold(f"{paint('!', 'yellow', stream)} {finding.symptom}  [{finding.code}]", stream, 2)]
    lines += fold(f"  cause: {finding.cause}", stream, 9) if finding.cause else []
    lines += fold(f"  fix:   {finding.fix}", stream, 9) if finding.fix else []
    return lines + [f"  | {line}" for line in finding.evidence.splitlines()]
