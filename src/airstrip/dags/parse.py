"""Has a folder of DAG files parsed in a pod of the deployment's own image."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import IO, Any

from airstrip.dags.facts import ParsedDags, read_parsed
from airstrip.dags.folder import content_key, pack
from airstrip.errors import AirstripError, KubernetesError, WaitTimeout
from airstrip.kube import Cluster, pod_troubles, run_in_pod

_POLL_SECONDS = 0.2
_START_SECONDS = 60.0
_REFUSED_SECONDS = 2.0
"""Within which a Job has its pod, or an event says why not."""
_IN_MEMORY = 1 << 24
"""Bytes of an archive; a larger one is a file."""


def program_key() -> str:
    """Stands for the program: with another one, what it said before is not what it would say."""
    with as_file(files("airstrip.dags") / "program") as program:
        return content_key(program)


def parse_folder(
    cluster: Cluster,
    job: Mapping[str, Any],
    folder: Path,
    *,
    folders: Mapping[str, str],
    bundles: Sequence[Mapping[str, str]],
    variables: Mapping[str, str],
    timeout: float,
    say: Callable[[str], None],
) -> ParsedDags:
    """What Airflow makes of the folder's files, in a pod that `job` makes and that is gone afterwards.

    `folders` are the pod's own for `dags` and `program`; `variables` are values that files may ask for. Raises
    KubernetesError, WaitTimeout after `timeout` seconds, AirstripError where the program itself fails.
    """
    options = {"folders": folders, "bundles": bundles, "variables": variables}
    with (
        tempfile.SpooledTemporaryFile(_IN_MEMORY) as archive,
        as_file(files("airstrip.dags") / "program") as program,
        _running_pod(cluster, job, say) as pod,
    ):
        pack(folder, program, archive)
        header = json.dumps({**options, "size": archive.tell()}).encode() + b"\n"
        archive.seek(0)
        container = job["spec"]["template"]["spec"]["containers"][0]["name"]
        lines = run_in_pod(
            cluster,
            pod,
            job["metadata"]["namespace"],
            container=container,
            argv=["python", "-c", (program / "boot.py").read_text(encoding="utf-8")],
            stdin=_Joined(header, archive),
            timeout=timeout,
        )
        return _read(lines, say)


class _Joined:
    """A header, then a file."""

    def __init__(self, header: bytes, file: IO[bytes]) -> None:
        self._header = header
        self._file = file

    def read(self, size: int, /) -> bytes:
        header, self._header = self._header, b""
        return header or self._file.read(size)


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


@contextmanager
def _running_pod(cluster: Cluster, job: Mapping[str, Any], say: Callable[[str], None]) -> Iterator[str]:
    """The name of the pod, which runs; it is gone at the end, and by itself should we be."""
    made = cluster.create(job)
    name, namespace = made["metadata"]["name"], made["metadata"]["namespace"]
    try:
        yield _await_pod(cluster, name, namespace, say)
    finally:
        cluster.delete("batch/v1", "Job", name, namespace)


def _await_pod(cluster: Cluster, job: str, namespace: str, say: Callable[[str], None]) -> str:
    begun = time.monotonic()
    while True:
        pods = cluster.list("v1", "Pod", namespace, label_selector=f"batch.kubernetes.io/job-name={job}")
        for pod in pods:
            if _is_running(pod):
                return str(pod["metadata"]["name"])
        waited = time.monotonic() - begun
        troubles = [trouble for pod in pods for trouble in pod_troubles(pod)]
        refused = [] if pods or waited < _REFUSED_SECONDS else _refusals(cluster, job, namespace)
        if refused or waited > _START_SECONDS or any(trouble.hopeless for trouble in troubles):
            raise WaitTimeout(
                "dags.no-check-pod",
                f"the pod that reads the DAG files does not start in {namespace}",
                cause="; ".join([*map(str, troubles), *refused]) or "Nothing says why.",
                fix="Run: ./airstrip doctor",
            )
        say("waiting for a pod")
        time.sleep(_POLL_SECONDS)


def _is_running(pod: Mapping[str, Any]) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    return bool(statuses) and all("running" in (entry.get("state") or {}) for entry in statuses)


def _refusals(cluster: Cluster, job: str, namespace: str) -> list[str]:
    """Why the Job was not allowed its pod: a quota, for one."""
    try:
        events = cluster.list("v1", "Event", namespace, field_selector=f"involvedObject.name={job},reason=FailedCreate")
    except KubernetesError:
        return []
    return [str(event.get("message", "")) for event in events]
