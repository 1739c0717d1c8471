"""Runs a task image's own check in the cluster: a pod as tasks have it, with its log and its exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airstrip import images
from airstrip.answers import ImageTestData
from airstrip.errors import AirstripError, WaitTimeout
from airstrip.events import Emit, Progress, Warned, step
from airstrip.images import TaskImage
from airstrip.kube import Cluster, pod_log, wait_for_job
from airstrip.manifests import IMAGE_CHECK, build_image_check
from airstrip.operations.session import Session
from airstrip.operations.task_images import images_folder, load, require_built
from airstrip.result import Result

_LINES = 200


@dataclass(frozen=True)
class _Ended:
    code: int
    log: list[str]


def test_image(session: Session, name: str, emit: Emit, *, timeout: float) -> Result[ImageTestData]:
    """Exit code 3 where the check fails. Raises where its pod does not come to an end, or the image is not built."""
    image = images.find_task_image(name, images_folder(session.spec))
    # The place first: without it nothing else matters.
    cluster = session.cluster
    reference = _in_place(session, image, emit)
    with step(emit, "image.test", f"Run the check of {name} in {session.spec.namespaces.workers}") as progress:
        ended = _run(cluster, build_image_check(session.spec, reference), timeout, progress)
        progress.note = "passed" if ended.code == 0 else f"exit code {ended.code}"
    data: ImageTestData = {"image": name, "reference": reference, "code": ended.code, "log": ended.log}
    return Result("image test", data, exit_code=3 if ended.code else 0)


def _in_place(session: Session, image: TaskImage, emit: Emit) -> str:
    """What was built of the folder as it is now, for whoever may bring it; for others what is there."""
    try:
        session.target.check_rights()
    except AirstripError:
        message = f"What is tested is {image.name} as it was built last: the folder may have changed since."
        emit(Warned("image.as-built", message, f"First, as root, or with sudo: ./airstrip image build {image.name}"))
        return images.current_name(image.name)
    built = require_built(image, session.spec)
    load(image, built, session.target, emit)
    return built.pinned


def _run(cluster: Cluster, job: dict[str, Any], timeout: float, progress: Progress) -> _Ended:
    made = cluster.create(job)
    name, namespace = made["metadata"]["name"], made["metadata"]["namespace"]
    try:
        try:
            wait_for_job(cluster, name, namespace, timeout=timeout, on_progress=progress.say)
        except WaitTimeout:
            ended = _end_of(cluster, name, namespace)
            if ended is None:
                raise
            return ended
        return _end_of(cluster, name, namespace) or _Ended(0, [])
    finally:
        cluster.delete("batch/v1", "Job", name, namespace)


def _end_of(cluster: Cluster, job: str, namespace: str) -> _Ended | None:
    """None where its container has not ended of itself: it never began, or runs still."""
    for pod in cluster.list("v1", "Pod", namespace, label_selector=f"batch.kubernetes.io/job-name={job}"):
        for status in (pod.get("status") or {}).get("containerStatuses") or ():
            if ended := (status.get("state") or {}).get("terminated"):
                log = pod_log(cluster, pod["metadata"]["name"], namespace, container=IMAGE_CHECK, tail=_LINES)
                return _Ended(int(ended["exitCode"]), log)
    return None
