"""Has a folder of DAG files parsed in a pod of the deployment's own image."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from airstrip.dags.facts import ParsedDags, read_parsed
from airstrip.dags.folder import pack
from airstrip.dags.pod import Joined, running_pod
from airstrip.dags.revisions import content_key
from airstrip.errors import AirstripError
from airstrip.kube import Cluster, run_in_pod

_IN_MEMORY = 1 << 24
"""Bytes of an archive; a larger one is a file."""
PROGRAM = Path(__file__).parent / "program"
"""What reads DAG files where Airflow is."""


def program_key() -> str:
    """Stands for the program: with another one, what it said before is not what it would say."""
    return content_key(PROGRAM)


def parse_folder(
    cluster: Cluster,
    job: Mapping[str, Any],
    folder: Path,
    *,
    folders: Mapping[str, str],
    bundles: Sequence[Mapping[str, str]],
    variables: Mapping[str, str],
    pointers: Sequence[str],
    timeout: float,
    say: Callable[[str], None],
) -> ParsedDags:
    """What Airflow makes of the folder's files, in a pod that `job` makes and that is gone afterwards.

    `folders` are the pod's own for `dags` and `program`; `variables` are values that files may ask for, `pointers`
    files of the folder that are git LFS's. Raises KubernetesError, WaitTimeout after `timeout` seconds, AirstripError
    where the program itself fails.
    """
    options = {"folders": folders, "bundles": bundles, "variables": variables, "pointers": pointers}
    with (
        tempfile.SpooledTemporaryFile(_IN_MEMORY) as archive,
        running_pod(cluster, job, say) as pod,
    ):
        pack(folder, PROGRAM, archive)
        header = json.dumps({**options, "size": archive.tell()}).encode() + b"\n"
        archive.seek(0)
        container = job["spec"]["template"]["spec"]["containers"][0]["name"]
        lines = run_in_pod(
            cluster,
            pod,
            job["metadata"]["namespace"],
            container=container,
            argv=["python", "-c", (PROGRAM / "boot.py").read_text(encoding="utf-8")],
            stdin=Joined(header, archive),
            timeout=timeout,
        )
        return _read(lines, say)


def _read(lines: Iterator[str], say: Callable[[str], None]) -> ParsedDags:
    for line in lines:
        told = json.loads(line)
        if "result" in told:
            return read_parsed(told["result"])
        if "failed" in told:
            raise _failed(told["failed"])
        say(f"{told['parsed']} of {told['files']} files" if "parsed" in told else "Airflow starts")
    raise _failed("")


def _failed(text: str) -> AirstripError:
    return AirstripError(
        "dags.check-failed",
        "the DAG files could not be checked: the program that reads them failed",
        cause="The image's Airflow is not what this version of Airstrip knows, or this is a defect of it.",
        fix="Report it with what stands below.",
        details=text.strip(),
    )
