"""The volume of pushed DAG files, from here: by a program in a pod that mounts it."""

from __future__ import annotations

import base64
import errno
import json
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from airstrip.dags import revisions, sending
from airstrip.dags.pod import Joined, running_pod
from airstrip.errors import AirstripError, WaitTimeout
from airstrip.kube import Cluster, run_in_pod

_SECONDS = 300.0
_GONE_SECONDS = 60.0
_POLL_SECONDS = 0.2
_IN_MEMORY = 1 << 24
BOOT = (
    "import json, sys; options = json.loads(sys.stdin.buffer.readline()); "
    "exec(compile(options.pop('program'), 'revisions', 'exec')); main(options, sys.stdin.buffer)"
)
"""Its program comes with what it is asked: an address of the API server has no room for it."""


def _longest() -> float:
    return _SECONDS


@dataclass(frozen=True)
class VolumeState:
    """`live` is None before the first push; `history` has its lines oldest first; `kept` can be gone back to."""

    live: str | None
    history: Sequence[Mapping[str, Any]]
    kept: frozenset[str]


@dataclass(frozen=True)
class Volume:
    """It, while a pod runs that mounts it at `root`."""

    cluster: Cluster
    pod: str
    namespace: str
    container: str
    root: str
    left: Callable[[], float] = _longest
    """Seconds that whoever opened it has."""

    def state(self) -> VolumeState:
        found = self._done("state")
        return VolumeState(found["live"], found["history"], frozenset(found["kept"]))

    def send(self, revision: str, folder: Path) -> None:
        """Puts a folder's files beside what is live."""
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as packed:
            sending.archive(folder, packed)
            size = packed.tell()
            packed.seek(0)
            self._done("receive", packed, revision=revision, size=size)

    def switch(self, revision: str, record: Mapping[str, Any]) -> None:
        """From one moment to the next."""
        self._done("switch", revision=revision, record=dict(record))

    def prune(self, wanted: Collection[str]) -> list[str]:
        """The revisions that are gone now."""
        return list(self._done("prune", wanted=sorted(wanted)))

    def fingerprints(self, revision: str) -> dict[str, str]:
        return dict(self._done("fingerprints", revision=revision))

    def read(self, revision: str, names: Sequence[str], most: int) -> dict[str, bytes | None]:
        """Contents by name; None for what is larger than `most` bytes."""
        said = self._ask("read", revision=revision, names=list(names), most=most)
        rows = [row for row in said if "name" in row]
        return {row["name"]: None if row["content"] is None else base64.b64decode(row["content"]) for row in rows}

    def _done(self, action: str, archive: IO[bytes] | None = None, **options: Any) -> Any:
        return self._ask(action, archive, **options)[-1]["done"]

    def _ask(self, action: str, archive: IO[bytes] | None = None, **options: Any) -> list[dict[str, Any]]:
        asked = {"root": self.root, "action": action, **options}
        seconds = min(_SECONDS, self.left())
        return _run(self.cluster, self.pod, self.namespace, self.container, asked, seconds, archive)


def fingerprints_in_pod(
    cluster: Cluster, pod: str, namespace: str, *, container: str, folder: str, timeout: float
) -> dict[str, str]:
    """Of all files of a folder that a running container has, be it no volume of revisions. `timeout` in seconds."""
    asked = {"root": folder, "action": "marks"}
    return dict(_run(cluster, pod, namespace, container, asked, timeout)[-1]["done"])


def _run(
    cluster: Cluster,
    pod: str,
    namespace: str,
    container: str,
    asked: Mapping[str, Any],
    timeout: float,
    archive: IO[bytes] | None = None,
) -> list[dict[str, Any]]:
    """What the program says, its last line being what came of it."""
    program = Path(revisions.__file__).read_text(encoding="utf-8")
    header = json.dumps({"program": program, **asked}).encode() + b"\n"
    with tempfile.TemporaryFile() as nothing:
        lines = run_in_pod(
            cluster,
            pod,
            namespace,
            container=container,
            argv=["python", "-c", BOOT],
            stdin=Joined(header, archive or nothing),
            timeout=timeout,
        )
        said = [json.loads(line) for line in lines]
    if not said or "done" not in said[-1]:
        raise _failed(said[-1] if said else {"failed": "it said nothing"})
    return said


@contextmanager
def open_volume(
    cluster: Cluster,
    job: Mapping[str, Any],
    root: str,
    say: Callable[[str], None],
    left: Callable[[], float] = _longest,
) -> Iterator[Volume]:
    """`job` makes the pod, whose container mounts the volume at `root`; it is gone at the end.

    `left` says how many seconds there are for the next thing; each has a limit of its own too.
    """
    container = job["spec"]["template"]["spec"]["containers"][0]["name"]
    with running_pod(cluster, job, say, left()) as pod:
        yield Volume(cluster, pod, job["metadata"]["namespace"], container, root, left)


def end_pods(cluster: Cluster, namespace: str, selector: str, timeout: float = _GONE_SECONDS) -> None:
    """Of one who held the lock and is no more: its program may still be at work. Raises WaitTimeout."""
    for job in cluster.list("batch/v1", "Job", namespace, label_selector=selector):
        cluster.delete("batch/v1", "Job", job["metadata"]["name"], namespace)
    deadline = time.monotonic() + min(timeout, _GONE_SECONDS)
    while cluster.list("v1", "Pod", namespace, label_selector=selector):
        if time.monotonic() > deadline:
            raise WaitTimeout(
                "dags.pod-stays",
                f"a pod of an interrupted push does not go from {namespace}",
                cause="Its node is gone, or very busy.",
                fix=f"See it: kubectl -n {namespace} get pods -l {selector}",
            )
        time.sleep(_POLL_SECONDS)


def _failed(said: Mapping[str, Any]) -> AirstripError:
    if said.get("errno") in (errno.ENOSPC, errno.EDQUOT):
        return AirstripError(
            "dags.volume-full",
            "the volume of DAG files has no room",
            cause="Its disk or its quota is full. What was live still is.",
            fix="Make room, or keep fewer revisions (`keep` under dags.volume); then push again.",
            details=str(said.get("failed", "")),
        )
    return AirstripError(
        "dags.volume-failed",
        "the volume of DAG files did not do what was asked of it",
        cause="It is read-only, closed to Airflow's user 50000 in group 0, or broken. What was live still is.",
        fix="See what stands below, mend that, and run this again.",
        details=str(said.get("failed", "")),
    )
