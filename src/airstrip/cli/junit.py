"""The outcome of `verify` as JUnit XML, which every CI reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from airstrip.errors import AirstripError
from airstrip.findings import Finding
from airstrip.report_file import write_report
from airstrip.result import AnyResult

# What XML 1.0 has no way to hold: a log may.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(result: AnyResult, file: Path) -> None:
    """One test case for each property; a finding that is no property's own is a case of its own, with an error."""
    rows = result.data["properties"]
    others = [finding for finding in result.findings if not any(finding.code in row["findings"] for row in rows)]
    counts = {state: sum(row["state"] == state for row in rows) for state in ("failed", "not-applicable")}
    suite = ElementTree.Element(
        "testsuite",
        name=f"airstrip verify {result.data['name']}",
        tests=str(len(rows) + len(others)),
        failures=str(counts["failed"]),
        errors=str(len(others)),
        skipped=str(counts["not-applicable"]),
        time=str(result.data["seconds"]),
    )
    for row in rows:
        _add_case(suite, row, [finding for finding in result.findings if finding.code in row["findings"]])
    for finding in others:
        case = ElementTree.SubElement(suite, "testcase", name=finding.code, classname="airstrip.verify")
        ElementTree.SubElement(case, "error", message=_clean(finding.symptom)).text = _clean(_words(finding))
    if result.data["left"]:
        ElementTree.SubElement(suite, "system-err").text = _clean("left behind:\n" + "\n".join(result.data["left"]))
    ElementTree.SubElement(suite, "system-out").text = f"what stays: {result.data['stays']}"
    _write(suite, file)


def write_failure(error: AirstripError, file: Path) -> None:
    """Of a verify that did not get to its end: one case, with its error and what was found."""
    suite = ElementTree.Element("testsuite", name="airstrip verify", tests="1", failures="0", errors="1", skipped="0")
    case = ElementTree.SubElement(suite, "testcase", name="verify", classname="airstrip.verify")
    own = Finding(error.code, error.message, error.cause, error.fix, error.details)
    text = _clean("\n\n".join(map(_words, (own, *error.findings))))
    ElementTree.SubElement(case, "error", message=_clean(error.message)).text = text
    _write(suite, file)


def _write(suite: ElementTree.Element, file: Path) -> None:
    text = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True).decode()
    write_report(file, text, private=False)


def _add_case(suite: ElementTree.Element, row: Mapping[str, Any], findings: list[Finding]) -> None:
    name, seconds = str(row["property"]), str(row["seconds"])
    case = ElementTree.SubElement(suite, "testcase", name=name, classname="airstrip.verify", time=seconds)
    if row["state"] == "failed":
        failure = ElementTree.SubElement(case, "failure", message=_clean(row["text"]))
        failure.text = _clean("\n\n".join(_words(finding) for finding in findings))
    elif row["state"] == "not-applicable":
        ElementTree.SubElement(case, "skipped", message=_clean(row["text"]))
    if row["limits"]:
        ElementTree.SubElement(case, "system-out").text = _clean(
            "\n".join(f"limit: {limit}" for limit in row["limits"])
        )


def _words(finding: Finding) -> str:
    lines = [f"{finding.symptom}  [{finding.code}]", f"cause: {finding.cause}", f"fix: {finding.fix}", finding.evidence]
    return "\n".join(line for line in lines if line)


def _clean(text: str) -> str:
    return _NOT_XML.sub("?", text)
