"""DAGs come and go: a file that is saved where they are is seen; what a server has, or was pushed, is live."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from airstrip.operations.properties.baked import baked
from airstrip.operations.properties.dag_text import dag_text
from airstrip.operations.properties.from_git import from_git
from airstrip.operations.properties.from_push import from_push
from airstrip.operations.properties.git_branch import GitWrite
from airstrip.operations.properties.git_write import by_push
from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.scene import Scene

PROMISED_SECONDS = 15.0
_POLL_SECONDS = 0.5


def dags(scene: Scene) -> Outcome:
    folder = scene.session.spec.dags.path
    if scene.session.spec.dags.git:
        live = from_git(scene)
        return live if scene.git_write is None or live.state == "failed" else _pushed(scene, scene.git_write, live)
    if scene.session.spec.dags.pushed:
        return from_push(scene)
    if scene.session.spec.dags.in_image:
        return baked(scene)
    if folder is None:
        return not_applicable("the file does not say where DAGs come from")
    if _is_closed(folder):
        return not_applicable(f"you may not write into {folder}, so no file can be saved there")
    airflow = scene.airflow
    file = folder / f"{scene.name}.py"

    def is_known() -> bool:
        return any(dag.dag_id == scene.name for dag in airflow.dags())

    # The DAG's row stays when its file goes.
    scene.has_made = True
    try:
        with _saved(file, scene.name):
            seen = _seconds_until(is_known, scene)
    except OSError as error:
        return _not_written(error)
    if seen is None:
        return _failed(
            f"a DAG that was saved into {folder} was not seen", "is busy with other files, reads another folder"
        )
    gone = _seconds_until(lambda: not is_known(), scene)
    if gone is None:
        return _failed("a DAG whose file was deleted is still there", "is busy with other files, sees an old folder")
    return proved(f"a saved file was seen after {seen:.0f} s, a deleted one gone after {gone:.0f} s")


def _pushed(scene: Scene, write: GitWrite, live: Outcome) -> Outcome:
    outcome = by_push(scene, write)
    return replace(outcome, text=f"{live.text}; {outcome.text}") if outcome.state == live.state else outcome


def _is_closed(folder: Path) -> bool:
    """To us, by permission. One that is gone, or read-only for everybody, is for the attempt to tell."""
    try:
        is_read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError as error:
        return isinstance(error, PermissionError)
    return folder.is_dir() and not is_read_only and not os.access(folder, os.W_OK | os.X_OK)


@contextmanager
def _saved(file: Path, name: str) -> Iterator[None]:
    """A new file that everybody may read, whatever the umask: pods run as another user."""
    try:
        with file.open("x") as stream:
            stream.write(dag_text(name))
        file.chmod(0o644)
        yield
    finally:
        file.unlink(missing_ok=True)


def _seconds_until(holds: Callable[[], bool], scene: Scene) -> float | None:
    start = time.monotonic()
    while not holds():
        if time.monotonic() - start > PROMISED_SECONDS:
            return None
        scene.say(f"{time.monotonic() - start:.0f} of {PROMISED_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
    return time.monotonic() - start


def _failed(symptom: str, causes: str) -> Outcome:
    return failed(
        "dags",
        f"{symptom} after {PROMISED_SECONDS:.0f} s",
        f"The dag-processor does not run, {causes}.",
        "Read its log: ./airstrip logs dag-processor",
    )


def _not_written(error: OSError) -> Outcome:
    return failed(
        "dags",
        f"{error.filename} cannot be written: {error.strerror}",
        "The folder is gone, full, or on a file system that is read-only.",
        "Mend that, then run: ./airstrip verify --only dags",
    )
