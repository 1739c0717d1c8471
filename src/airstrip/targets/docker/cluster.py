"""The cluster: made where there is none, found again, started, deleted where it was made here."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from airstrip.errors import AirstripError, CheckError, KubernetesError
from airstrip.events import Emit, Progress, step
from airstrip.findings import Finding
from airstrip.kube import Cluster, connect
from airstrip.spec import Spec
from airstrip.targets.docker.checks import problems_of
from airstrip.targets.docker.folders import NodeFolders, given_folders
from airstrip.targets.docker.node import Node, NodeFact
from airstrip.targets.docker.programs import ClusterProgram, Programs, error_of
from airstrip.targets.docker.record import Record, read_record, write_record
from airstrip.targets.refusal import refusal

_READY_SECONDS = 180.0
_POLL_SECONDS = 1.0
_UNSCHEDULABLE = ("NoSchedule", "NoExecute")
_CONTAINERD = "containerd://"


@dataclass(frozen=True)
class DockerCluster:
    """That of a deployment, by the program that makes it."""

    spec: Spec
    maker: ClusterProgram
    programs: Programs

    @property
    def node(self) -> Node:
        return Node(self.maker.container, self.programs)

    @property
    def words(self) -> str:
        return f"the {self.maker.program} cluster {self.maker.cluster}"

    def look(self) -> NodeFact | None:
        """None where there is none. Raises CheckError where programs are missing, or Docker does not answer."""
        for problem in self.programs.problems(self.maker):
            raise error_of(problem)
        return self.node.look()

    def check(self) -> NodeFact | None:
        """Raises CheckError with all that keeps the deployment out. Of a cluster that is there, leaves its kubeconfig
        with us: it is asked more."""
        problems = list(self.programs.problems(self.maker))
        found = None if problems else self.node.look()
        is_ours = found is not None and self.is_ours(found)
        problems += problems_of(self.spec, self.maker, found, is_ours=is_ours)
        if problems:
            raise refusal(self.words, self.spec.name, problems)
        if found is not None and not is_ours:
            self.write_kubeconfig()
        return found

    def is_ours(self, found: NodeFact) -> bool:
        """By the folder that nobody else would mount: no record of it can be lost, or be of another one."""
        return found.has(self.maker.mounts[0])

    def is_cut_off(self, found: NodeFact) -> bool:
        """Ours, and its creation has begun, on this Docker, and not ended."""
        record = self._known()
        return record is not None and self.is_ours(found) and record.is_half_made(found.id)

    def must_go(self, found: NodeFact) -> bool:
        """Cut off, with nothing landed in it, by a program that cannot go on with it."""
        ours = f"app.kubernetes.io/managed-by=airstrip,app.kubernetes.io/instance={self.spec.name}"
        return self.maker.makes_again and self.is_cut_off(found) and not self.node.has_namespaces(ours)

    def folders(self, found: NodeFact | None) -> NodeFolders:
        """One that is not there yet will be ours."""
        return self.maker.folders if found is None or self.is_ours(found) else given_folders(self.spec)

    def ensure(self, emit: Emit) -> NodeFact:
        """Makes it or starts it, and leaves its kubeconfig with us."""
        maker, found = self.maker, self.look()
        _make_folders(maker)
        if found is not None and self.must_go(found):
            with step(emit, "place.delete", f"Delete {self.words}, whose creation was cut off") as progress:
                self.programs.follow(maker.delete(), progress.say)
            found = None
        if found is None or (self.is_cut_off(found) and not maker.makes_again):
            with step(emit, "place.make", f"Make {self.words}") as progress:
                self._make(progress)
            found = self._there()
        elif not found.running:
            with step(emit, "place.start", f"Start {self.words}") as progress:
                self.programs.follow(maker.start(), progress.say)
            # Docker may give it another address.
            found = self._there()
        if self.is_ours(found):
            self._remember(found.id, ready=True)
        self.write_kubeconfig()
        return found

    def write_kubeconfig(self) -> None:
        """Of a cluster that is there."""
        _make_folders(self.maker)
        self.programs.run(self.maker.write_kubeconfig())

    def _make(self, progress: Progress) -> None:
        """What is left of a creation that failed is known by its id; where nothing is, nothing is remembered."""
        self._remember("", ready=False)
        try:
            self.programs.follow(self.maker.create(), progress.say)
        except BaseException:
            with suppress(AirstripError):
                if left := self.node.look():
                    self._remember(left.id, ready=False)
                else:
                    self.maker.client.record.unlink(missing_ok=True)
            raise

    def delete(self, progress: Progress) -> None:
        """With all that is in it; nothing where it was not made here."""
        progress.say(self.words)
        self.programs.follow(self.maker.delete(), progress.say)

    def delete_files(self, *, deleted: bool) -> list[Finding]:
        """What this machine has of it; tells what could not be deleted.

        Where the cluster was not `deleted` a moment ago, its volumes go only if it was of this Docker: another one may
        still run it.
        """
        client = self.maker.client
        client.kubeconfig.unlink(missing_ok=True)
        if deleted or self._known():
            client.record.unlink(missing_ok=True)
        elif _has_any(client.volumes):
            return [_unknown(client.volumes, self.words)]
        shutil.rmtree(client.volumes, ignore_errors=True)
        return [_leftovers(client.volumes)] if client.volumes.exists() else []

    def _known(self) -> Record | None:
        """The record, where it is of this cluster on this Docker."""
        record = read_record(self.maker.client.record)
        return record if record and record.is_of(self.maker.cluster, self.programs.daemon()) else None

    def _remember(self, container: str, *, ready: bool) -> None:
        record = Record(self.maker.cluster, self.programs.daemon(), container, ready)
        write_record(self.maker.client.record, record)

    @contextmanager
    def connected(self) -> Iterator[Cluster]:
        with closing(connect(self.maker.client.kubeconfig, direct=True)) as cluster:
            yield cluster

    def await_answer(self, progress: Progress) -> None:
        """Of one that was started a moment ago. Raises KubernetesError where it gives none."""
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            try:
                with self.connected() as cluster:
                    cluster.server_version()
                return
            except KubernetesError as error:
                if error.status is not None or time.monotonic() > deadline:
                    raise
                progress.say(error.message)
            time.sleep(_POLL_SECONDS)

    def node_problems(self, cluster: Cluster) -> Iterator[Finding]:
        """Of the node that has the folders, as Kubernetes sees it: it may be one of several."""
        node = cluster.get("v1", "Node", self.maker.container) or {"spec": {"taints": [{"effect": "NoSchedule"}]}}
        if any(taint["effect"] in _UNSCHEDULABLE for taint in node["spec"].get("taints") or ()):
            yield Finding(
                "place.no-pods",
                f"pods may not run on the node {self.maker.container} of {self.words}",
                "It has more nodes, and the folders that pods share are on this one.",
                "Name a cluster of one node, or none: then one is made.",
            )
        runtime = ((node.get("status") or {}).get("nodeInfo") or {}).get("containerRuntimeVersion", _CONTAINERD)
        if not runtime.startswith(_CONTAINERD):
            yield Finding(
                "place.other-runtime",
                f"{self.words} runs its containers by {runtime.partition(':')[0]}",
                "Images are named by digest, which Docker forgets of what is loaded, and are looked for in containerd.",
                "Name a cluster with containerd, as of minikube start --container-runtime containerd; or none: then "
                "one is made.",
            )

    def _there(self) -> NodeFact:
        found = self.node.look()
        if found is None:
            raise CheckError(
                "place.not-made",
                f"{self.maker.program} ended well, and there is no container {self.maker.container}",
                cause="It makes its nodes elsewhere: with another engine, or on another machine's Docker.",
                fix="Unset KIND_EXPERIMENTAL_PROVIDER and DOCKER_HOST, then run this again.",
            )
        return found


def _make_folders(maker: ClusterProgram) -> None:
    """Of whoever asks: Docker would make them root's."""
    maker.client.volumes.mkdir(parents=True, exist_ok=True)
    ignore = maker.client.folder.parent / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")


def _has_any(folder: Path) -> bool:
    return folder.exists() and any(folder.iterdir())


def _leftovers(volumes: Path) -> Finding:
    return Finding(
        "place.leftovers",
        f"files of pods are left in {volumes}",
        "The cluster did not run, or went on writing, and its pods' files are other users'.",
        f"Delete them as root, or with sudo: rm -r '{volumes}'",
    )


def _unknown(volumes: Path, words: str) -> Finding:
    return Finding(
        "place.leftovers",
        f"{words} is not on this Docker, and its volumes are left in {volumes}",
        "Another Docker, or a cluster of another name, may still run with them.",
        "Run it with the Docker context and the file that the cluster was made with; or, where it is gone: "
        f"rm -r '{volumes}'",
    )
