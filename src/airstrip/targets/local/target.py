"""The place `local`: the embedded node, host folders as volumes, a loopback port as the way in."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from airstrip import embedded
from airstrip.embedded import NodeConfig
from airstrip.errors import UsageError
from airstrip.events import Emit, step
from airstrip.findings import Finding
from airstrip.kube import connect, execute, plan_changes, wait_for_default_service_account
from airstrip.place import PlaceFact
from airstrip.platform import Platform, Purpose
from airstrip.spec import Spec
from airstrip.targets.dags_folder import check_dags_folder, warn_of_unreadable
from airstrip.targets.landed import require_own_namespaces, require_same_namespace
from airstrip.targets.local.dags_volume import dags_folder, ensure_dags, ensure_group_folder, switch_dags
from airstrip.targets.local.data_folder import ensure_data, ensure_project_folder
from airstrip.targets.local.facts import local_facts
from airstrip.targets.local.node import LocalNode, require_root
from airstrip.targets.local.spec import DEFAULT_PORT, LocalSpec
from airstrip.targets.node_folders import build_cluster_objects
from airstrip.targets.shared_volumes import shared_volumes
from airstrip.targets.target import Confirm

STORAGE_CLASS = "standard"
"""That of the node's own provisioner."""


class LocalTarget:
    """One node of the deployment's own, of the same name."""

    def __init__(self, spec: Spec, local: LocalSpec) -> None:
        self._spec = spec
        self._port = local.port or spec.expose.port or DEFAULT_PORT
        self._node = LocalNode(spec.name, self._port)

    @property
    def owns_cluster(self) -> bool:
        return True

    @property
    def outlasts_down(self) -> bool:
        return False

    @property
    def title(self) -> str:
        return f"the node {self._spec.name} of this machine"

    def check_rights(self) -> None:
        require_root("land a deployment on this machine, or take it away")

    def check(self) -> tuple[Finding, ...]:
        """Raises NodeError when we are not root, AirstripError when the DAGs' folder cannot be used."""
        self.check_rights()
        if self._spec.dags.live_folder is not None:
            check_dags_folder(self._spec.dags.live_folder)
        return ()

    def ensure(self, emit: Emit, confirm: Confirm) -> Platform:
        warn_of_unreadable(self._spec.dags.live_folder, emit)
        config, status = self._node.start(emit, confirm)
        with step(emit, "place.objects", "Make namespaces and volumes") as progress:
            self._ensure_folders(config)
            objects = self.cluster_objects()
            with closing(connect(self.kubeconfig(), direct=True)) as cluster:
                require_same_namespace(self._spec, cluster)
                require_own_namespaces(self._spec, cluster)
                changes = plan_changes(cluster, objects)
                for change in changes:
                    execute(cluster, change)
                for namespace in self._spec.all_namespaces:
                    wait_for_default_service_account(cluster, namespace, timeout=30)
            progress.note = f"{len(objects)} objects, {len(changes)} changed"
        return self._platform(config, status.port or self._port)

    def cluster_objects(self) -> tuple[dict[str, Any], ...]:
        config = self._node.config()
        return build_cluster_objects(self._spec, self._folders(config), config.name)

    def switch_dags(self) -> None:
        if "dags" in self._spec.dags.volumes:
            switch_dags(self._spec, self._node.config())

    def plan(self) -> tuple[str, ...]:
        return self._node.plan()

    def preview(self) -> Platform:
        return self._platform(self._node.config(), self._port)

    def describe(self) -> Platform | None:
        status = self._node.status()
        if not status.running or status.port is None:
            return None
        return self._platform(self._node.config(), status.port)

    def condition(self) -> str:
        return self._node.status().state

    def facts(self) -> PlaceFact:
        return local_facts(self._spec, self._node)

    def kubeconfig(self) -> Path:
        return self._node.kubeconfig()

    @property
    def context(self) -> str | None:
        return None

    def load_image(self, layout: Path, reference: str, emit: Emit) -> None:
        embedded.import_image(self._node.running_config(), layout, reference, emit)

    def ensure_data_folder(self, project: str) -> None:
        ensure_project_folder(Path(self._folders(self._node.config())["data"]), project)

    def destroy(self, emit: Emit, *, data: bool) -> list[Finding]:
        return self._node.delete_data(emit) if data else self._node.stop(emit)

    def _platform(self, config: NodeConfig, port: int) -> Platform:
        """Raises UsageError for a way in that the node does not have."""
        if not self._spec.expose.is_private:
            raise UsageError(
                "expose.not-here",
                "the node has a port of the loopback address, and no other way in",
                cause="It has no ingress controller and no load balancer.",
                fix="Write expose: {port: 8080}, or remove it.",
            )
        return Platform(
            place=LocalSpec.place,
            storage_class=STORAGE_CLASS,
            volumes=shared_volumes(self._spec),
            base_url=f"http://localhost:{port}",
            service_cidrs=(str(config.subnets.services),),
            pod_cidrs=(str(config.subnets.pods),),
            node_cidrs=(str(config.subnets.link),),
            on_this_machine=True,
            api_server_node_port=config.node_port,
            data_folder=self._folders(config)["data"],
            host_address=str(config.subnets.host),
        )

    def _ensure_folders(self, config: NodeConfig) -> None:
        folders = self._folders(config)
        ensure_group_folder(Path(folders["logs"]))
        ensure_data(Path(folders["data"]), self._spec.projects, config.owner_uid)
        if "dags" in self._spec.dags.volumes:
            ensure_dags(self._spec, config)

    def _folders(self, config: NodeConfig) -> dict[Purpose, str]:
        """Host folders by purpose."""
        return {
            "dags": str(dags_folder(self._spec, config)),
            "logs": str(config.volumes_dir / "logs"),
            "data": str(config.state_dir / "data" / "projects"),
        }
