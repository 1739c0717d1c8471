"""A push is seen: proved by one, to the branch that its owner named, and by another that takes its file away again."""

from __future__ import annotations

import re
import time

from airstrip.airflow_api import may_pass
from airstrip.answers import ProofPushData
from airstrip.errors import AirflowError, AirstripError, KubernetesError, WaitTimeout
from airstrip.operations.properties.dag_text import dag_text
from airstrip.operations.properties.git_branch import GitWrite
from airstrip.operations.properties.git_writer import GitWriter, Said
from airstrip.operations.properties.outcome import Outcome, failed, proved
from airstrip.operations.properties.scene import Scene

_POLL_SECONDS = 0.5
_END_SECONDS = 30.0
"""For what the pod says of the removal, where something else has ended the proof: somebody waits at a terminal."""

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
        said = writer.await_line("added", "refused", "removed", "left", "unread", "other-branch")
        added = _checked(said, write, path)
        pushed = scene.pushed = _data(write, path, str(added.fields["commit"]))
        try:
            pushed["seen"] = _seconds_until(True, added, scene, write.promised)
            removed = _take_away(writer, pushed, write, scene)
        except BaseException as error:
            if getattr(error, "code", "") != "verify.git-left":
                _end(writer, pushed, write, error)
            raise
        if pushed["seen"] is not None:
            pushed["gone"] = _seconds_until(False, removed, scene, write.promised)
    finally:
        writer.delete()
    return _outcome(write, pushed)


def _data(write: GitWrite, path: str, commit: str) -> ProofPushData:
    return {
        "bundle": write.bundle.name,
        "repo": write.bundle.repo,
        "branch": write.branch,
        "path": path,
        "added": commit,
        "removed": None,
        "seen": None,
        "gone": None,
    }


def _take_away(writer: GitWriter, pushed: ProofPushData, write: GitWrite, scene: Scene) -> Said:
    """Raises `verify.git-left` where the file did not go, or nobody knows whether it did."""
    writer.go_on()
    scene.say(f"a pod takes {pushed['path']} away from {write.branch}")
    try:
        return _removed(writer.await_line("removed", "left"), pushed, write)
    except (KubernetesError, WaitTimeout) as error:
        raise _left(f"{error.message}\n{error.details}".strip(), write, pushed["path"]) from error


def _end(writer: GitWriter, pushed: ProofPushData, write: GitWrite, error: BaseException) -> None:
    """`error` cut the proof off, with the file in the branch: that this one goes, or may not have, is told first."""
    why = f"{error.message}  [{error.code}]" if isinstance(error, AirstripError) else type(error).__name__
    writer.go_on()
    try:
        _removed(writer.await_line("removed", "left", within=_END_SECONDS), pushed, write)
    except AirstripError as left:
        if isinstance(error, Exception):
            raise _left(
                f"{left.details or left.message}\nthe proof had ended before by: {why}", write, pushed["path"]
            ) from error


def _removed(said: Said, pushed: ProofPushData, write: GitWrite) -> Said:
    if said.fields["airstrip"] == "removed" and said.fields["commit"]:
        pushed["removed"] = str(said.fields["commit"])
        return said
    raise _left(str(said.fields.get("message") or "The file was not in the branch any more."), write, pushed["path"])


def _outcome(write: GitWrite, pushed: ProofPushData) -> Outcome:
    commits, seen, gone = (pushed["added"], str(pushed["removed"])), pushed["seen"], pushed["gone"]
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


def _seconds_until(known: bool, since: Said, scene: Scene, promised: float) -> float | None:
    """None where it did not come to it in time; an Airflow that is away for a while is waited for as long."""
    while True:
        elapsed = time.monotonic() - since.before
        try:
            if _is_known(scene) is known:
                return round(time.monotonic() - since.before, 1)
            if elapsed > promised:
                return None
        except AirflowError as error:
            if not may_pass(error) or elapsed > promised:
                raise
        scene.say(f"{elapsed:.0f} of {promised:.0f} s")
        time.sleep(_POLL_SECONDS)


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


def _left(message: str, write: GitWrite, path: str) -> AirstripError:
    return AirstripError(
        "verify.git-left",
        f"{path} was pushed to {write.branch} of {write.bundle.repo}, and may still be there",
        cause="Its removal failed, or somebody else removed it. What git said stands below.",
        fix=f"Look, and take it away: git rm {path}",
        details=message,
    )
