"""DAGs from git are live: what Airflow has is what the servers have, as whoever clones sees them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from airstrip.airflow_api import DagImportError
from airstrip.operations.dags_seen import defined_still
from airstrip.operations.properties.names import GIT
from airstrip.operations.properties.outcome import Outcome, failed, not_applicable, proved
from airstrip.operations.properties.scene import Scene
from airstrip.operations.properties.synced_heads import synced_heads
from airstrip.spec import GitBundle

_PARSED_SECONDS = 35.0
"""Files that a push does not change are read again every half minute."""
_POLL_SECONDS = 0.5


def from_git(scene: Scene) -> Outcome:
    """Each repository's head; one whose folder has no DAGs shows no version, and proves nothing."""
    bundles = scene.session.spec.dags.git
    heads = _heads(scene)
    for bundle in bundles:
        head = heads.get(bundle.name) or {"error": "the task that asks it has not ended"}
        if "commit" not in head:
            return _unseen(bundle, head["error"])
    first = _commits(heads)
    if _await_live(scene, first):
        # Somebody may have pushed since.
        if scene.session.spec.dags.cloned:
            scene.run_again(GIT)
        later = {**first, **_commits(_heads(scene))}
        for name, commit in _behind(scene, first, later).items():
            return _late(scene, name, commit, later[name])
    live = _live(scene)
    shown = [f"{bundle.name} is at {min(live[bundle.name])[:10]}" for bundle in bundles if bundle.name in live]
    hidden = [bundle.name for bundle in bundles if bundle.name not in live]
    broken = [error for error in scene.airflow.import_errors() if error.bundle_name in hidden] if hidden else []
    if broken:
        return _unread(broken)
    if not shown:
        return not_applicable("the repositories have no DAG: nothing shows which commit is live")
    limits = tuple(f"the bundle {name} has no DAG, which would show its commit" for name in hidden)
    return proved(f"as the server has it: {', '.join(shown)}", limits=limits)


def _heads(scene: Scene) -> dict[str, Mapping[str, str]]:
    """By bundle its commit, or the error of who asked for it: a task's pod, or git-sync."""
    cloned = (scene.returned(GIT, "heads") or {}) if scene.session.spec.dags.cloned else {}
    return {**cloned, **synced_heads(scene.session)}


def _commits(heads: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: head["commit"] for name, head in heads.items() if "commit" in head}


def _live(scene: Scene) -> dict[str, set[str]]:
    """The commits that each bundle's DAGs are of."""
    found: dict[str, set[str]] = {}
    for dag in defined_still(scene.airflow.dags()):
        if dag.version and dag.bundle_name:
            found.setdefault(dag.bundle_name, set()).add(dag.version)
    return found


def _behind(scene: Scene, *looks: Mapping[str, str]) -> dict[str, str]:
    """Bundles with a DAG of a commit that none of the looks at the server saw, and that."""
    others = {
        name: commits - {heads[name] for heads in looks} for name, commits in _live(scene).items() if name in looks[0]
    }
    return {name: min(commits) for name, commits in others.items() if commits}


def _await_live(scene: Scene, heads: Mapping[str, str]) -> dict[str, str]:
    """What is behind after as long as a push may take."""
    longest = max(bundle.refresh for bundle in scene.session.spec.dags.git)
    deadline = time.monotonic() + longest + _PARSED_SECONDS
    while True:
        behind = _behind(scene, heads)
        if not behind or time.monotonic() > deadline:
            return behind
        scene.say(f"{', '.join(behind)} of another commit")
        time.sleep(_POLL_SECONDS)


def _unseen(bundle: GitBundle, said: str) -> Outcome:
    who, follows, where = ("a task's pod", "the next task cannot fetch its DAG", "airstrip_verify_git heads")
    if bundle.sync is not None:
        who, follows, where = ("git-sync", "a push is not seen", "git-sync")
    return failed(
        "dags",
        f"{who} does not get into the repository of the bundle {bundle.name}",
        f"The server is down, or no longer lets it in: {follows}.",
        f"See what is wrong: ./airstrip doctor; and its log: ./airstrip logs {where}",
        said,
    )


def _unread(broken: Sequence[DagImportError]) -> Outcome:
    return failed(
        "dags",
        f"the bundle {broken[0].bundle_name} shows no DAG: {broken[0].filename} cannot be imported",
        "No file of it that Airflow has read defines a DAG, so nothing shows which commit is live.",
        "See why: ./airstrip doctor",
        "\n".join(f"{error.bundle_name}: {error.filename}" for error in broken),
    )


def _late(scene: Scene, name: str, commit: str, head: str) -> Outcome:
    return failed(
        "dags",
        f"the bundle {name} has a DAG of commit {commit[:10]}, and the server is at {head[:10]}",
        "The dag-processor does not run, does not reach the server, or is busy with other files.",
        "Read its log: ./airstrip logs dag-processor",
        "\n".join(f"{dag.dag_id}: {dag.version}" for dag in scene.airflow.dags() if dag.bundle_name == name),
    )
