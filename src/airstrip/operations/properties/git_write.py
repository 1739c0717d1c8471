"""A push is seen: proved by one, to the branch that its owner named, and by another that takes its file away again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from airstrip.answers import ProofPushData
from airstrip.errors import AirstripError
from airstrip.operations.properties.dag_text import dag_text
from airstrip.operations.properties.git_branch import GitWrite
from airstrip.operations.properties.git_writer import GitWriter, Said
from airstrip.operations.properties.outcome import Outcome, failed, proved
from airstrip.operations.properties.scene import Scene

_POLL_SECONDS = 0.5

_PROTECTED = re.compile(r"protected|hook declined", re.IGNORECASE)
_READ_ONLY = re.compile(
    r"returned error: 40[13]|Authentication failed|read.only|not allowed to|write access|denied|unpacker error",
    re.IGNORECASE,
)
"""Of what git and the large hosts say to a push of somebody who may read."""


def by_push(scene: Scene, write: GitWrite) -> Outcome:
    """Nothing is left in the branch but two commits. Raises what keeps the first from being pushed, or the second."""
    writer = GitWriter(scene.session, scene.mark, write.bundle, 2 * write.promised)
    path = "/".join(filter(None, (write.bundle.path, f"{scene.name}.py")))
    # The DAG's row stays when its file goes.
    scene.has_made = True
    scene.say(f"a pod pushes {path} to {write.branch}")
    writer.start(write.branch, path, dag_text(scene.name))
    try:
        added = _checked(
            writer.await_line("added", "refused", "removed", "left", "unread", "other-branch"), write, path
        )
        seen = _seconds_until(lambda: _is_known(scene), added, scene, write.promised)
        writer.go_on()
        scene.say(f"a pod takes {path} away from {write.branch}")
        removed = _taken_away(writer.await_line("removed", "left"), write, path)
        gone = None if seen is None else _seconds_until(lambda: not _is_known(scene), removed, scene, write.promised)
    finally:
        writer.delete()
    commits = (str(added.fields["commit"]), str(removed.fields["commit"]))
    scene.pushed = _data(write, commits, seen, gone)
    return _outcome(write, commits, seen, gone)


def _data(write: GitWrite, commits: tuple[str, str], seen: float | None, gone: float | None) -> ProofPushData:
    return {
        "bundle": write.bundle.name,
        "repo": write.bundle.repo,
        "branch": write.branch,
        "added": commits[0],
        "removed": commits[1],
        "seen": None if seen is None else round(seen, 1),
        "gone": None if gone is None else round(gone, 1),
    }


def _outcome(write: GitWrite, commits: tuple[str, str], seen: float | None, gone: float | None) -> Outcome:
    if seen is not None and gone is not None:
        return proved(
            f"a DAG that was pushed to {write.branch}, as commit {commits[0][:10]}, was seen after {seen:.0f} s "
            f"and gone {gone:.0f} s after the next push"
        )
    what = "a DAG that was pushed was not seen" if seen is None else "a DAG whose file a push took away is still there"
    log = "dag-processor" if write.bundle.sync is None else "git-sync"
    return failed(
        "dags",
        f"{what} after {write.promised:.0f} s",
        "The dag-processor does not run, does not reach the server, or is busy with other files.",
        f"Read its log: ./airstrip logs {log}",
        f"pushed to {write.branch}: {' '.join(commits)}",
    )


def _is_known(scene: Scene) -> bool:
    """At the commit, or at one that somebody has put on top of it: no commit before has a file of this name."""
    return any(dag.dag_id == scene.name and dag.version for dag in scene.airflow.dags())


def _seconds_until(holds: Callable[[], bool], since: Said, scene: Scene, promised: float) -> float | None:
    while not holds():
        elapsed = time.monotonic() - since.before
        if elapsed > promised:
            return None
        scene.say(f"{elapsed:.0f} of {promised:.0f} s")
        time.sleep(_POLL_SECONDS)
    return time.monotonic() - since.before


def _checked(said: Said, write: GitWrite, path: str) -> Said:
    """Raises what hindered the first push; nothing was said of it where its file is taken away at once."""
    message = str(said.fields.get("message", ""))
    match said.fields["airstrip"]:
        case "left":
            raise _left(message, write, path)
        case "removed":
            raise _unanswered(said.fields["commit"], write, path)
        case "refused":
            raise _refused(message, write)
        case "other-branch":
            raise AirstripError(
                "verify.git-other-branch",
                f"{write.branch} is not the default branch of {write.bundle.repo}, which {write.bundle.name} follows",
                cause="What is pushed there would never be seen.",
                fix=f"Run: ./airstrip verify --git-write {write.bundle.name}:{message}",
            )
        case "unread":
            raise AirstripError(
                "verify.git-no-push",
                f"nothing could be pushed to {write.branch} of {write.bundle.repo}",
                cause="The server does not answer, or no longer lets the deployment in. What git said stands below.",
                fix="See what is wrong: ./airstrip doctor",
                details=message,
            )
    return said


def _refused(message: str, write: GitWrite) -> AirstripError:
    if _READ_ONLY.search(message) and not _PROTECTED.search(message):
        return AirstripError(
            "verify.git-read-only",
            f"the token or key of {write.bundle.name} may not push to {write.bundle.repo}",
            cause="It may only read, as it should for daily use: nothing was pushed.",
            fix="Leave --git-write away. Or, for the proof, let it write on the server, or give dags.git one that may "
            "and run: ./airstrip up; and take that back afterwards.",
            details=message,
        )
    return AirstripError(
        "verify.git-refused",
        f"the server did not take a push to {write.branch} of {write.bundle.repo}",
        cause="The branch is protected, a hook or a rule of the server declined it, or others push all the time. "
        "What git said stands below.",
        fix="Follow an unprotected branch for the proof, or leave --git-write away.",
        details=message,
    )


def _unanswered(commit: str | None, write: GitWrite, path: str) -> AirstripError:
    """`commit` took the file away, where the branch had it."""
    what = f"It took it: the commit {commit} took {path} away again, and stays with the one before it."
    return AirstripError(
        "verify.git-no-answer",
        f"{write.bundle.repo} did not say in time whether it took a push to {write.branch}",
        cause="A hook of the server is slow, or the connection broke. "
        + (what if commit else f"The branch does not have it: {path} is not there."),
        fix="Run it again; or leave --git-write away.",
    )


def _taken_away(said: Said, write: GitWrite, path: str) -> Said:
    if said.fields["airstrip"] == "removed" and said.fields["commit"]:
        return said
    raise _left(str(said.fields.get("message") or "The file was not in the branch any more."), write, path)


def _left(message: str, write: GitWrite, path: str) -> AirstripError:
    return AirstripError(
        "verify.git-left",
        f"{path} was pushed to {write.branch} of {write.bundle.repo}, and may still be there",
        cause="Its removal failed, or somebody else removed it. What git said stands below.",
        fix=f"Look, and take it away: git rm {path}",
        details=message,
    )
