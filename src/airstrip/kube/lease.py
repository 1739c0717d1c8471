"""One Airstrip at a time on a deployment, wherever it runs: a Lease in the deployment's namespace."""

from __future__ import annotations

import datetime
import threading
import time
from types import TracebackType
from typing import Any

from airstrip.errors import KubernetesError, LockError
from airstrip.kube.cluster import Cluster
from airstrip.kube.holder import Holder
from airstrip.kube.objects import Object

_DURATION = 15.0
_WATCH_POLL = 0.5
_CLOSE_SECONDS = 5.0


class Lease:
    """A lock as a context manager. Raises LockError when a living Airstrip holds it.

    Whether the holder lives is judged by its renewals as we see them come, never by comparing
    clocks: a lease that is not renewed for its duration while we watch is taken over, one whose
    process is known to be gone at once. While held, a thread renews it three times per duration.
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        *,
        name: str = "airstrip",
        purpose: str = "",
        duration: float = _DURATION,
    ) -> None:
        """`purpose` is a word for whoever finds the lock held ("up"); `duration` is in seconds."""
        self._cluster = cluster
        self._namespace = namespace
        self._name = name
        self._purpose = purpose
        self._duration = duration
        self._holder = Holder.this_process()
        self._held: Object = {}
        self._stop = threading.Event()
        self._lost: LockError | None = None
        self._renewer: threading.Thread | None = None

    def __enter__(self) -> Lease:
        self._held = self._acquire()
        self._renewer = threading.Thread(target=self._renew_until_stopped, name="airstrip-lease", daemon=True)
        self._renewer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._renewer is not None:
            self._renewer.join(_CLOSE_SECONDS)
        if self._lost is None:
            self._release()

    def check(self) -> None:
        """Raises LockError when the lease was lost meanwhile: call it before each stage of a longer work."""
        if self._lost is not None:
            raise self._lost

    def _acquire(self) -> Object:
        watched: Object | None = None
        since = time.monotonic()
        while True:
            found = self._read()
            if found is None:
                if (made := self._write(None)) is not None:
                    return made
                continue
            if self._is_free(found, watched, time.monotonic() - since):
                if (taken := self._write(found)) is not None:
                    return taken
                watched = None
                continue
            if watched is None:
                watched, since = found, time.monotonic()
            elif _renewal(watched) != _renewal(found) or _lives_here(found):
                raise self._refused(found)
            if _lives_here(found):
                raise self._refused(found)
            time.sleep(_WATCH_POLL)

    def _is_free(self, found: Object, watched: Object | None, watched_for: float) -> bool:
        identity = found["spec"].get("holderIdentity")
        if not identity:
            return True
        holder = Holder.parse(identity)
        if holder is not None and holder.is_dead:
            return True
        unchanged = watched is not None and _renewal(watched) == _renewal(found)
        return unchanged and watched_for > float(found["spec"].get("leaseDurationSeconds") or self._duration)

    def _renew_until_stopped(self) -> None:
        renewed = time.monotonic()
        while not self._stop.wait(self._duration / 3):
            try:
                written = self._write(self._held)
            except KubernetesError:
                written = None
                if time.monotonic() - renewed < self._duration:
                    continue  # An API server that restarts comes back before anybody may take over.
            if written is not None:
                self._held, renewed = written, time.monotonic()
            elif not self._take_up_again():
                return

    def _take_up_again(self) -> bool:
        """After a write that failed: ours still, with a version that we did not see, or lost."""
        try:
            found = self._read()
        except KubernetesError:
            return True
        if found is not None and found["spec"].get("holderIdentity") == str(self._holder):
            self._held = found
            return True
        self._lost = LockError(
            "lock.lost",
            f"the lock {self._name} in {self._namespace} was lost",
            cause="It was not renewed in time (a sleeping machine, a broken connection), and another took it.",
            fix="Wait for the other to end, then run this again.",
        )
        return False

    def _read(self) -> Object | None:
        return self._cluster.get("coordination.k8s.io/v1", "Lease", self._name, self._namespace)

    def _write(self, onto: Object | None) -> Object | None:
        """Takes or renews the lease; None when somebody else wrote it first."""
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        item = self._item(now, onto)
        try:
            return self._cluster.create(item) if onto is None else self._cluster.replace(item)
        except KubernetesError as error:
            if error.code in ("kubernetes.already-exists", "kubernetes.conflict"):
                return None
            if error.code == "kubernetes.not-found" and onto is not None:
                return None
            raise

    def _item(self, now: str, onto: Object | None) -> Object:
        spec: dict[str, Any] = {
            "holderIdentity": str(self._holder),
            "leaseDurationSeconds": max(1, round(self._duration)),
            "acquireTime": now,
            "renewTime": now,
        }
        metadata: dict[str, Any] = {
            "name": self._name,
            "namespace": self._namespace,
            "annotations": {"airstrip.dev/purpose": self._purpose},
        }
        if onto is not None:
            metadata["resourceVersion"] = onto["metadata"]["resourceVersion"]
            if onto["spec"].get("holderIdentity") == str(self._holder):
                spec["acquireTime"] = onto["spec"]["acquireTime"]
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    def _release(self) -> None:
        """Deletes exactly what we hold. A failure only means that the next one waits for the expiry."""
        metadata = self._held["metadata"]
        try:
            self._cluster.delete(
                "coordination.k8s.io/v1",
                "Lease",
                self._name,
                self._namespace,
                preconditions={"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]},
            )
        except KubernetesError:
            return

    def _refused(self, found: Object) -> LockError:
        spec = found["spec"]
        purpose = (found["metadata"].get("annotations") or {}).get("airstrip.dev/purpose", "")
        holder = Holder.parse(spec["holderIdentity"])
        who = f"process {holder.pid} on {holder.host}" if holder else spec["holderIdentity"]
        work = f" ({purpose})" if purpose else ""
        return LockError(
            "lock.held",
            f"another Airstrip{work} is at work in namespace {self._namespace}",
            cause=f"{who} holds the lock {self._name} since {spec.get('acquireTime', 'some time')}.",
            fix="Wait for it to end, or interrupt it with Ctrl-C, then run this again.",
        )


def _renewal(item: Object) -> tuple[str, str]:
    return item["metadata"]["uid"], item["metadata"]["resourceVersion"]


def _lives_here(item: Object) -> bool:
    """Whether the holder is a process of this machine, which we can see to be alive."""
    holder = Holder.parse(item["spec"].get("holderIdentity") or "")
    return holder is not None and holder.space == Holder.this_process().space and not holder.is_dead
