"""The places `kind` and `minikube`: made or found, with folders of this machine as volumes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airstrip.errors import CheckError, CommandError, KubernetesError
from airstrip.events import Emit, Progress, Warned, step
from airstrip.findings import Finding
from airstrip.kube import Cluster, execute, plan_changes, wait_for_default_service_account
from airstrip.place import FolderFact, PlaceFact
from airstrip.platform import Platform
from airstrip.spec import Spec
from airstrip.targets.dags_folder import check_dags_folder, closed_dags, warn_of_unreadable
from airstrip.targets.docker.cluster import DockerCluster
from airstrip.targets.docker.folders import folder_names, given_folders
from airstrip.targets.docker.images import load_image
from airstrip.targets.docker.node import NodeFact
from airstrip.targets.docker.programs import ClusterProgram, Programs
from airstrip.targets.docker.spec import DEFAULT_PORT
from airstrip.targets.existing.checks import problems_anywhere, warnings_of
from airstrip.targets.existing.cluster_facts import ClusterFacts, read_cluster, read_namespaces, read_volumes
from airstrip.targets.existing.storage_checks import taken_volumes
from airstrip.targets.landed import owner_of, require_own_namespaces, require_same_namespace
from airstrip.targets.node_folders import build_cluster_objects
from airstrip.targets.refusal import refusal
from airstrip.targets.shared_volumes import shared_volumes
from airstrip.targets.target import Confirm

_GONE_SECONDS = 120.0
_STAND_IN = "192.0.2.1"
"""Of an address that only a cluster has."""


class DockerTarget:
    """A cluster of one node, in a container of this machine's Docker."""

    def __init__(self, spec: Spec, maker: ClusterProgram, programs: Programs | None = None) -> None:
        self._spec, self._maker = spec, maker
        self._docker = DockerCluster(spec, maker, programs or Programs())

    @property
    def owns_cluster(self) -> bool:
        """One that is not there yet will be ours."""
        found = self._docker.look()
        return found is None or self._docker.is_ours(found)

    @property
    def outlasts_down(self) -> bool:
        return True

    @property
    def title(self) -> str:
        return self._docker.words

    def check_rights(self) -> None:
        """Whoever may use Docker may do all."""

    def check(self) -> tuple[Finding, ...]:
        """Raises CheckError with all that stops it, AirstripError where the DAGs' folder cannot be used.

        Of a cluster of the deployment's own, which may not be there yet or be half made, more is asked once it answers.
        """
        found = self._docker.check()
        if self._spec.dags.live_folder is not None:
            check_dags_folder(self._spec.dags.live_folder)
        if found is None or self._docker.is_ours(found):
            return ()
        with self._docker.connected() as cluster:
            return self._asked(cluster, found)[1]

    def ensure(self, emit: Emit, _confirm: Confirm, /) -> Platform:
        warn_of_unreadable(self._spec.dags.live_folder, emit)
        found = self._docker.ensure(emit)
        with step(emit, "place.objects", "Make namespaces and volumes") as progress:
            self._docker.await_answer(progress)
            with self._docker.connected() as cluster:
                facts, warnings = self._asked(cluster, found)
                if self._docker.is_ours(found):
                    for warning in warnings:
                        emit(Warned(warning.code, warning.symptom, warning.fix))
                self._prepare_folders(found)
                self._apply(cluster, found, progress)
        return self._platform(facts, found)

    def cluster_objects(self) -> tuple[dict[str, Any], ...]:
        return self._objects(self._docker.look())

    def switch_dags(self) -> None:
        found = self._docker.look()
        if found is not None and self._has_link:
            self._docker.node.link_dags(self._docker.folders(found), again=True)

    def plan(self) -> tuple[str, ...]:
        """Raises CheckError as `check` does: of a machine without the programs nothing can be told."""
        self.check()
        found, what = self._docker.look(), self._docker.words
        if found is None:
            mounts = ", ".join(str(mount.source) for mount in self._maker.mounts)
            return (f"make {what}, whose node has of this machine: {mounts}",)
        if self._docker.must_go(found):
            return (f"make {what} anew: its creation was cut off",)
        if self._docker.is_cut_off(found):
            return (f"go on with {what}: its creation was cut off",)
        if not found.running:
            return (f"start {what}",)
        return () if self.kubeconfig().exists() else (f"use {what} as it is",)

    def preview(self) -> Platform:
        """Of what only the cluster knows, stand-ins."""
        unknown = ClusterFacts("", None, "standard", (), (), (), ())
        return self._platform(unknown, NodeFact("", True, (), _STAND_IN))

    def describe(self) -> Platform | None:
        """None, too, where it does not answer: it may be half made. A kubeconfig that is lost is written again."""
        found = self._docker.look()
        if found is None or not found.running:
            return None
        try:
            if not self.kubeconfig().exists():
                self._docker.write_kubeconfig()
            with self._docker.connected() as cluster:
                return self._platform(read_cluster(cluster), found)
        except CommandError:
            return None
        except KubernetesError as error:
            if error.status is not None:
                raise
            return None

    def condition(self) -> str:
        """`stopped` too where Docker does not answer."""
        try:
            found = self._docker.look()
            if found is None or not found.running:
                return "stopped"
            with self._docker.connected() as cluster:
                cluster.server_version()
            return "ready"
        except (CheckError, CommandError):
            return "stopped"
        except KubernetesError:
            return "starting"

    def facts(self) -> PlaceFact:
        live = self._spec.dags.live_folder
        folders = (FolderFact("dags", str(live), closed_dags(live)),) if live else ()
        return PlaceFact(self._maker.program, self.condition(), folders=folders)

    def kubeconfig(self) -> Path:
        return self._maker.client.kubeconfig

    @property
    def context(self) -> str | None:
        """Of a file of our own the current one."""
        return None

    def load_image(self, layout: Path, reference: str, emit: Emit, /) -> None:
        load_image(self._maker, self._docker.node, layout, reference, emit)

    def ensure_data_folder(self, project: str) -> None:
        found = self._docker.look()
        if found is not None:
            self._docker.node.prepare(self._docker.folders(found), self._owner, [f"data/{project}"])

    def destroy(self, emit: Emit, *, data: bool) -> Sequence[Finding]:
        """Without `data` the cluster goes on, empty. One that was there before goes on in any case."""
        if not data:
            return ()
        found = self._docker.look()
        if found is None:
            return self._docker.delete_files(deleted=False)
        ours = self._docker.is_ours(found)
        with step(emit, "place.delete", f"Delete from {self.title}") as progress:
            if not ours:
                self._delete_objects(found, progress)
            elif found.running:
                self._docker.node.stop_pods()
            # What pods wrote is other users' files: only the node's root may delete them.
            is_empty = found.running and self._docker.node.empty(self._docker.folders(found).volumes)
            if ours:
                self._docker.delete(progress)
        left = self._docker.delete_files(deleted=ours)
        return left if ours or is_empty else [*left, self._left_in_node()]

    def _asked(self, cluster: Cluster, found: NodeFact) -> tuple[ClusterFacts, tuple[Finding, ...]]:
        """What the cluster says of itself, and what its owner should know. Raises with all that stops a landing."""
        facts, namespaces = read_cluster(cluster), read_namespaces(cluster, self._spec.all_namespaces)
        volumes = [item for item in self._objects(found) if item["kind"] == "PersistentVolume"]
        there = read_volumes(cluster, (item["metadata"]["name"] for item in volumes))
        if problems := (
            *self._docker.node_problems(cluster),
            *problems_anywhere(self._spec, facts, namespaces),
            *taken_volumes(volumes, there),
        ):
            raise refusal(self.title, self._spec.name, problems)
        require_same_namespace(self._spec, cluster)
        require_own_namespaces(self._spec, cluster)
        return facts, warnings_of(self._spec, facts, namespaces)

    def _apply(self, cluster: Cluster, found: NodeFact, progress: Progress) -> None:
        objects = self._objects(found)
        changes = plan_changes(cluster, objects)
        for change in changes:
            execute(cluster, change)
        for namespace in self._spec.all_namespaces:
            wait_for_default_service_account(cluster, namespace, timeout=30)
        progress.note = f"{len(objects)} objects, {len(changes)} changed"

    def _prepare_folders(self, found: NodeFact) -> None:
        folders = self._docker.folders(found)
        self._docker.node.prepare(folders, self._owner, folder_names(self._spec))
        if self._has_link:
            self._docker.node.link_dags(folders, again=False)

    def _left_in_node(self) -> Finding:
        folder, node = given_folders(self._spec).volumes, self._maker.container
        return Finding(
            "place.leftovers",
            f"files of pods are left in the node {node}",
            "It does not run, or something goes on writing there.",
            f"Delete them where it runs: docker exec {node} rm -r {folder}",
        )

    def _delete_objects(self, found: NodeFact, progress: Progress) -> None:
        """Namespaces go first: a volume stays as long as a claim is bound to it."""
        with self._docker.connected() as cluster:
            for item in self._objects(found):
                kind, name = item["kind"], item["metadata"]["name"]
                there = cluster.get(item["apiVersion"], kind, name)
                if there and owner_of(there["metadata"].get("labels") or {}) == self._spec.name:
                    progress.say(f"{kind} {name}")
                    cluster.delete(item["apiVersion"], kind, name, wait=_GONE_SECONDS)

    def _objects(self, found: NodeFact | None) -> tuple[dict[str, Any], ...]:
        folders = self._docker.folders(found).by_purpose(self._spec)
        objects = build_cluster_objects(self._spec, folders, self._maker.container)
        return tuple(item for item in objects if self._spec.namespaces.create or item["kind"] != "Namespace")

    @property
    def _has_link(self) -> bool:
        return self._spec.dags.claim == "dags" and "dags" in self._spec.dags.volumes

    @property
    def _owner(self) -> int:
        return self._maker.client.beside.stat().st_uid

    def _platform(self, facts: ClusterFacts, found: NodeFact) -> Platform:
        ours = self._docker.is_ours(found)
        return Platform(
            place=self._maker.program,
            storage_class=facts.default_class,
            volumes=shared_volumes(self._spec),
            base_url=f"http://localhost:{self._spec.expose.port or DEFAULT_PORT}",
            service_cidrs=facts.service_cidrs,
            pod_cidrs=facts.pod_cidrs,
            node_cidrs=facts.node_cidrs,
            api_ports=facts.api_ports,
            on_this_machine=True,
            is_forwarded=True,
            data_folder=str(self._maker.client.volumes / "data") if ours else None,
            host_address=found.gateway,
        )
