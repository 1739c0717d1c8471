"""What the git servers have of the repositories that git-sync brings: asked in its own container, by its own way in."""

from __future__ import annotations

import io
from collections.abc import Iterable

from airstrip.errors import AirstripError
from airstrip.kube import run_in_pod
from airstrip.manifests import DAG_PROCESSOR, full_ref, git_sync_container, ls_remote
from airstrip.operations.session import Session
from airstrip.spec import GitBundle

_SECONDS = 60.0


def synced_heads(session: Session) -> dict[str, dict[str, str]]:
    """By the bundle's name: the commit, or why it cannot be told."""
    return {bundle.name: _head(session, bundle) for bundle in session.spec.dags.synced}


def _head(session: Session, bundle: GitBundle) -> dict[str, str]:
    if bundle.is_commit:
        return {"commit": bundle.ref}
    namespace = session.spec.namespaces.control
    try:
        pod = _running_pod(session)
        if not pod:
            return {"error": "no pod of the dag-processor runs"}
        lines = run_in_pod(
            session.cluster,
            pod,
            namespace,
            container=git_sync_container(bundle),
            argv=ls_remote(bundle),
            stdin=io.BytesIO(),
            timeout=_SECONDS,
        )
        return head_of(bundle, lines)
    except AirstripError as error:
        return {"error": error.cause or error.message}


def head_of(bundle: GitBundle, lines: Iterable[str]) -> dict[str, str]:
    """Of what `git ls-remote` prints; a tag with a text of its own is the commit behind it."""
    ref = full_ref(bundle)
    found = {name: commit for commit, _, name in (line.partition("\t") for line in lines)}
    commit = found.get(f"{ref}^{{}}", found.get(ref))
    return {"commit": commit} if commit else {"error": f"the repository has no {ref}"}


def _running_pod(session: Session) -> str:
    """The dag-processor's; empty where there is none."""
    spec = session.spec
    ours = f"app.kubernetes.io/component={DAG_PROCESSOR},app.kubernetes.io/instance={spec.name}"
    pods = session.cluster.list("v1", "Pod", spec.namespaces.control, label_selector=ours)
    names = [
        str(pod["metadata"]["name"])
        for pod in pods
        if pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
    ]
    return next(iter(names), "")
