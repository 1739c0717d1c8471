"""What the verbs on pushed DAG files share: whose deployment has them, the folder, the volume, what is known of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from airstrip.dags import Volume, VolumeState, end_pods, open_volume
from airstrip.errors import UsageError
from airstrip.events import Emit, step
from airstrip.kube import inventory
from airstrip.manifests import VOLUME_ROOT, WRITER_LABEL, build_volume_job
from airstrip.operations.dags_facts import Processor, landed_processor
from airstrip.operations.dags_sendable import require_sendable
from airstrip.operations.session import Session
from airstrip.spec import Spec

LIVE = "airstrip.dev/dags-live"
"""An annotation of the inventory: the live revision, where whoever switched to it came to its end."""
PUSH, ROLLBACK, UP = "push", "rollback", "up"
"""What made a revision live."""
_OF_GIT = {
    "push": "Push commits to the repository: git push. Airflow looks for them by itself.",
    "history": "The repository has it: git log; which commit is live: ./airstrip dags list",
    "rollback": "In the repository: git revert COMMIT, then git push",
    "diff": "In a clone: git diff COMMIT; which commit is live: ./airstrip dags list",
}
_OF_IMAGE = {
    "push": "Run: ./airstrip up   (as root, or with sudo): it makes a layer of them.",
    "history": "Which images ran when: ./airstrip status --history",
    "rollback": "Take the files of before, and run: ./airstrip up   (as root, or with sudo)",
    "diff": "Whether the folder is what runs: ./airstrip plan",
}
_OF_FOLDER = {"push": "Save the files there: Airflow sees them within 15 s. "}
_OTHERWISE = "To have revisions, write dags: {volume: {path: dags}}, and run: ./airstrip up   (as root, or with sudo)"


def require_pushed(spec: Spec, verb: str) -> None:
    """Raises UsageError where DAGs come in another way, with what to do in that one."""
    if spec.dags.pushed:
        return
    if spec.dags.git:
        cause, fix = "The file says dags.git.", _OF_GIT[verb]
    elif spec.dags.in_image:
        cause, fix = "The file says dags.image.", _OF_IMAGE[verb]
    elif spec.dags.path is not None:
        cause = f"The file says dags.path: Airflow reads {spec.dags.path} itself."
        fix = f"{_OF_FOLDER.get(verb, '')}{_OTHERWISE}"
    else:
        cause, fix = "The file does not say dags.volume.", _OTHERWISE
    raise UsageError(
        "dags.not-pushed", f"the DAGs of {spec.name} are not pushed: there is no {verb} of them", cause=cause, fix=fix
    )


def folder_to_send(spec: Spec, path: Path | None) -> Path:
    """The folder that is named, else the file's. Raises UsageError with everything that hinders it."""
    folder = path.absolute() if path else spec.dags.path
    if folder is None:
        raise UsageError(
            "dags.no-path",
            "no folder of DAGs is named",
            cause="The file has no `path` under dags.volume, and the command line names none.",
            fix="Name one: ./airstrip dags push FOLDER",
        )
    if not folder.is_dir():
        raise UsageError(
            "dags.no-folder",
            f"{folder} is not a folder",
            cause="It does not exist." if not folder.exists() else "It is a file.",
            fix="Name the folder that has the DAG files, or correct `path` under dags.volume.",
        )
    require_sendable(folder)
    return folder


@contextmanager
def opened(
    session: Session,
    emit: Emit,
    *,
    writes: bool,
    processor: Processor | None = None,
    left: Callable[[], float] = lambda: math.inf,
) -> Iterator[Volume]:
    """The volume of `processor`, or of the one that runs; with a pod that is gone at the end.

    Who writes holds the deployment's Lease. `left` are seconds, where whoever asks has no more.
    """
    spec, namespace = session.spec, session.spec.namespaces.control
    processor = processor or landed_processor(session)
    if not processor.reads_pushed:
        raise UsageError(
            "dags.not-landed-so",
            f"{spec.name} was landed with DAGs that come in another way",
            cause="The file was changed since: what is mounted there is not the volume of pushed files.",
            fix="Run: ./airstrip up   (as root, or with sudo)",
        )
    job = build_volume_job(dict(processor.deployment), deployment=spec.name, namespace=namespace, writes=writes)
    with ExitStack() as stack:
        with step(emit, "dags.volume", "Open the volume of DAGs") as progress:
            if writes:
                end_pods(session.cluster, namespace, f"{WRITER_LABEL}={spec.name}", left())
            volume = stack.enter_context(open_volume(session.cluster, job, VOLUME_ROOT, progress.say, left))
        yield volume


def recorded_live(session: Session) -> str:
    """Without a pod; empty where it is not known."""
    found = session.cluster.get("v1", "ConfigMap", inventory.NAME, session.spec.namespaces.control) or {}
    return str(((found.get("metadata") or {}).get("annotations") or {}).get(LIVE) or "")


def record_live(session: Session, revision: str) -> None:
    """Empty before a switch: whoever is interrupted in it leaves nothing untrue."""
    body = {"metadata": {"annotations": {LIVE: revision}}}
    session.cluster.patch("v1", "ConfigMap", inventory.NAME, body, session.spec.namespaces.control)


def switch(session: Session, volume: Volume, revision: str, record: Mapping[str, Any]) -> None:
    record_live(session, "")
    volume.switch(revision, record)
    record_live(session, revision)


def path_back(history: Sequence[Mapping[str, Any]]) -> list[str]:
    """What was live, the live one last, without what was gone back from: a rollback goes along it."""
    path: list[str] = []
    for line in history:
        revision = str(line["revision"])
        if line["how"] == ROLLBACK and revision in path:
            while path[-1] != revision:
                path.pop()
        elif path[-1:] != [revision]:
            path.append(revision)
    return path


def find_revision(state: VolumeState, named: str) -> str:
    """By the beginning of its name. Raises UsageError where none or several begin so."""
    found = sorted(revision for revision in state.kept if revision.startswith(named)) if named else []
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            "dags.ambiguous-revision",
            f"{len(found)} revisions begin with {named}",
            cause=", ".join(found),
            fix="Write more of its name.",
        )
    gone = any(str(line["revision"]).startswith(named) for line in state.history)
    raise UsageError(
        "dags.unknown-revision",
        f"there is no revision {named}",
        cause="It is not kept any more." if gone else "No push made one of this name.",
        fix="See which there are: ./airstrip dags history",
    )
