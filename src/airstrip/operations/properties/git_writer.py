"""The pod that pushes a DAG to a branch and takes it away again, as whoever clones gets in."""

from __future__ import annotations

import io
import json
import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from airstrip.errors import KubernetesError, WaitTimeout
from airstrip.kube import may_pass, pod_log, run_in_pod
from airstrip.manifests import GIT_DIR, tasks_namespace
from airstrip.operations.git_checks import landed_check
from airstrip.operations.properties.names import GIT_WRITE
from airstrip.operations.properties.pods import CONTAINER, Look, own_labels, script
from airstrip.operations.session import Session
from airstrip.redaction import lines_without_credentials
from airstrip.spec import GitBundle

_GO_ON = "/tmp/airstrip-go-on"
_GIT_SECONDS = 120
"""For the pod's start, and a push that others come before."""
_END_SECONDS = 25
"""In which it takes the file away when it is asked to end: less than `clean` waits for."""
_GONE_SECONDS = 10.0
"""For whoever notices that it has ended."""
_ENDED = ("Succeeded", "Failed", "gone")
_EXEC_SECONDS = 20.0
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Said:
    """One line of the pod: the commit where there is one, and the moment at which nobody had it yet."""

    fields: Mapping[str, Any]
    before: float


class GitWriter(Look):
    """`wait` is for how many seconds it leaves the file there when nobody says a word."""

    def __init__(self, session: Session, mark: str, bundle: GitBundle, wait: float) -> None:
        namespace = tasks_namespace(session.spec) if bundle.sync is None else session.spec.namespaces.control
        super().__init__(session, mark, GIT_WRITE, namespace, time.monotonic() + _GIT_SECONDS + wait)
        self.bundle = bundle
        self._wait = wait

    def start(self, branch: str, path: str, text: str) -> None:
        """As whoever clones gets in. Raises `git.not-checked` where no check of the repository has succeeded."""
        template = landed_check(self.session, self.bundle)["spec"]["template"]
        wanted = {
            "branch": branch,
            "bundle": self.bundle.name,
            "check": f"{GIT_DIR}/check_git.py",
            "deployment": self.session.spec.name,
            "goOn": _GO_ON,
            "path": path,
            "seconds": self._wait,
            "text": text,
        }
        first = template["spec"]["containers"][0]
        container = {**first, "name": CONTAINER, "args": ["python", "-c", script("verify_git"), json.dumps(wanted)]}
        spec = {**template["spec"], "containers": [container]}
        self._create(own_labels(template), spec, grace=_END_SECONDS)

    def await_line(self, *kinds: str, within: float = math.inf) -> Said:
        """The first of these, or what hindered the pod; raises WaitTimeout where it says nothing.

        An API server that is away for a while is waited for.
        """
        end = min(self.deadline, time.monotonic() + within)
        while True:
            before = time.monotonic()
            try:
                phase, lines = self._look()
                for found in filter(None, map(_read, lines)):
                    if found["airstrip"] in kinds:
                        return Said(found, before)
                if phase in _ENDED or before > end:
                    break
            except KubernetesError as error:
                if not may_pass(error) or before > end:
                    raise
            time.sleep(_POLL_SECONDS)
        raise WaitTimeout(
            "verify.git-silent",
            f"the pod {self.name} in {self.namespace} did not say what became of its push: {phase}",
            cause="It could not be started, or was ended.",
            fix="Run: ./airstrip status",
            details="\n".join(lines_without_credentials(lines)[-15:]),
        )

    def _look(self) -> tuple[str, list[str]]:
        """The pod's phase, and all that it has said by then."""
        pod = self.session.cluster.get("v1", "Pod", self.name, self.namespace)
        phase = ((pod or {}).get("status") or {}).get("phase", "gone")
        return phase, pod_log(self.session.cluster, self.name, self.namespace, container=CONTAINER)

    def go_on(self) -> None:
        """Where we may not run a program in it, it goes on by itself a little later."""
        with suppress(KubernetesError, WaitTimeout):
            list(
                run_in_pod(
                    self.session.cluster,
                    self.name,
                    self.namespace,
                    container=CONTAINER,
                    argv=("touch", _GO_ON),
                    stdin=io.BytesIO(),
                    timeout=_EXEC_SECONDS,
                )
            )

    def delete(self) -> None:
        """At its end: doctor would take what it said for what the check before a release says.

        Where it does not go, `clean` takes it away or tells of it.
        """
        with suppress(KubernetesError, WaitTimeout):
            self.session.cluster.delete("v1", "Pod", self.name, self.namespace, wait=_END_SECONDS + _GONE_SECONDS)


def _read(line: str) -> dict[str, Any] | None:
    """A line of the program's own; others are of what it imports."""
    with suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict) and "airstrip" in found:
            return found
    return None
