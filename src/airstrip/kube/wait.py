"""Waits that end: with success, at once when success has become impossible, or with the last state seen.

The cluster is asked twice a second: a watch would see a change a moment sooner, and would have to be
taken up again after each break.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from airstrip.errors import KubernetesError, WaitTimeout
from airstrip.kube.admission import EXPLANATIONS, cause_and_fix, refusal_in
from airstrip.kube.cluster import Cluster
from airstrip.kube.evidence import gather
from airstrip.kube.retries import NO_PAST, Past
from airstrip.kube.rollout import Look, Refusals, look_at_deployment, look_at_job, look_at_stateful_set
from airstrip.kube.troubles import Trouble
from airstrip.redaction import without_credentials

OnProgress = Callable[[str], None]

_POLL = 0.5
_ABSENT_SECONDS = 5.0
_RECENT_SECONDS = 15.0
_PASSING = frozenset({"kubernetes.unreachable", "kubernetes.timeout", "kubernetes.busy", "kubernetes.server-error"})

_FIXES = {
    "image.missing": "Build or push the image, or mend its reference; then run this again.",
    "pod.crash-loop": "Read the log lines below, mend what they say, then run this again.",
    "pod.config-error": "Make the Secret or ConfigMap that it names, then run this again.",
    "pod.unschedulable": "Give the cluster what is missing, take the taint away, or ask for less; then run this again.",
    "pod.evicted": "Free room on the node, then run this again.",
    "volume.not-mounted": "See to it that the claim is bound and its folder or export is there; then run this again.",
    "job.failed": "Read the log lines below, mend what they say, then run this again.",
}


def _silent(message: str) -> None:
    """For callers that do not listen."""


def wait_for_rollout(
    cluster: Cluster,
    kind: str,
    name: str,
    namespace: str,
    *,
    timeout: float,
    on_progress: OnProgress = _silent,
    past: Past = NO_PAST,
) -> None:
    """Until every replica of a Deployment or StatefulSet runs its present template and is ready.

    `past` is of before the change that is waited for: its crashes make nothing hopeless. Raises WaitTimeout
    after `timeout` seconds, or at once when its pods cannot become good. Pods of an older template that would
    hold a StatefulSet up for ever are deleted.
    """
    refusals = Refusals(cluster, namespace)
    look = {"Deployment": look_at_deployment, "StatefulSet": look_at_stateful_set}[kind]
    _wait(
        cluster,
        f"{kind} {name}",
        namespace,
        lambda: look(cluster, name, namespace, refusals, past),
        timeout,
        on_progress,
    )


def wait_for_job(
    cluster: Cluster, name: str, namespace: str, *, timeout: float, on_progress: OnProgress = _silent
) -> None:
    """Until a Job has done its work: it is complete, or its one pod succeeded.

    Raises WaitTimeout `job.failed` when it failed, or after `timeout` seconds.
    """
    refusals = Refusals(cluster, namespace)
    _wait(
        cluster, f"Job {name}", namespace, lambda: look_at_job(cluster, name, namespace, refusals), timeout, on_progress
    )


def wait_for_default_service_account(cluster: Cluster, namespace: str, *, timeout: float = 30.0) -> None:
    """Until pods can be created in a new namespace: its account `default` comes some seconds after it."""
    deadline = time.monotonic() + timeout
    while cluster.get("v1", "ServiceAccount", "default", namespace) is None:
        if time.monotonic() > deadline:
            raise WaitTimeout(
                "namespace.no-service-account",
                f"namespace {namespace} has no service account default after {timeout:.0f} s",
                cause="kube-controller-manager, which makes it, does not run.",
                fix="Look at the cluster's own components.",
            )
        time.sleep(0.1)


@dataclass
class _Clock:
    """`absent_since` bounds how long an object may be missing, which nothing will make.

    `troubles` were seen last, at `troubled`: a container that crashes again and again runs in between.
    """

    started: float
    deadline: float
    absent_since: float | None = None
    troubled: float = 0.0
    troubles: Sequence[Trouble] = ()

    def note(self, troubles: Sequence[Trouble]) -> None:
        if troubles:
            self.troubled, self.troubles = time.monotonic(), troubles

    @property
    def recent(self) -> Sequence[Trouble]:
        return self.troubles if time.monotonic() - self.troubled < _RECENT_SECONDS else ()


def _wait(
    cluster: Cluster,
    what: str,
    namespace: str,
    look: Callable[[], Look | None],
    timeout: float,
    on_progress: OnProgress,
) -> None:
    started = time.monotonic()
    clock = _Clock(started, started + timeout)
    seen = Look(done=False, progress="not seen yet")
    while True:
        found = _patiently(look, clock)
        if isinstance(found, Look):
            seen = found
            if seen.done:
                return
            clock.note(seen.troubles)
            if seen.failed or any(trouble.hopeless for trouble in seen.troubles):
                _give_up(cluster, what, namespace, seen, early=True, clock=clock)
        _check_present(found, what, namespace, clock)
        on_progress(found if isinstance(found, str) else seen.progress)
        if time.monotonic() > clock.deadline:
            _give_up(cluster, what, namespace, seen, early=False, clock=clock)
        time.sleep(_POLL)


def _patiently(look: Callable[[], Look | None], clock: _Clock) -> Look | str | None:
    """A look; the words of a failure that may pass; None where there is no such object."""
    try:
        return look()
    except KubernetesError as error:
        if error.code not in _PASSING or time.monotonic() > clock.deadline:
            raise
        return error.message


def _check_present(found: Look | str | None, what: str, namespace: str, clock: _Clock) -> None:
    now = time.monotonic()
    if found is not None:
        clock.absent_since = None
    elif clock.absent_since is None:
        clock.absent_since = now
    elif now - clock.absent_since > _ABSENT_SECONDS:
        raise KubernetesError(
            "kubernetes.not-found",
            f"there is no {what} in {namespace} to wait for",
            cause="It was deleted meanwhile.",
            fix="Run this again.",
            status=404,
        )


def _give_up(cluster: Cluster, what: str, namespace: str, seen: Look, *, early: bool, clock: _Clock) -> NoReturn:
    troubles, text = gather(cluster, namespace, seen.pods, seen.owners)
    first = next(iter((*seen.troubles, *troubles, *clock.recent)), None)
    code = seen.failed or (first.code if first else "wait.timeout")
    seconds = time.monotonic() - clock.started
    message = f"{what} in {namespace} did not become ready within {seconds:.0f} s ({seen.progress})"
    if early:
        message = f"{what} in {namespace} cannot become ready ({seen.progress})"
    if seen.failed == "job.failed":
        message = f"{what} in {namespace} failed"
    raise WaitTimeout(
        code,
        message,
        cause=without_credentials(_cause(seen, first)),
        fix=_fix(code, first, namespace),
        details=text,
    )


def _fix(code: str, first: Trouble | None, namespace: str) -> str:
    refused = refusal_in(first.message) if first and code in EXPLANATIONS else None
    if refused:
        return f"{cause_and_fix(refused, namespace)[1]} Then run this again."
    return _FIXES.get(code, "Run this again with a longer timeout, or see the last state below.")


def _cause(seen: Look, first: Trouble | None) -> str:
    if first is not None:
        return str(first)
    return seen.message or "Its pods are not ready, and none says why: it may only be slow."
