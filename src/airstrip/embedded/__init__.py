"""The one-node Kubernetes that Airstrip runs: a `NodeConfig` becomes programs in namespaces of their own.

Belongs here: settings, certificates, start, stop and image store of the node. Knows no Airflow and
no Spec; imports errors, events, process and the standard library, cryptography for certificates.
`supervisor` runs alone, without the rest.
"""

from __future__ import annotations

from airstrip.embedded.choice import choose_config
from airstrip.embedded.config import NodeConfig, Subnets
from airstrip.embedded.image_archive import read_layout, write_archive
from airstrip.embedded.kubeconfigs import find_kubeconfig
from airstrip.embedded.node import delete_cluster_data, delete_node_data, restart_reason, start_node, stop_node
from airstrip.embedded.readiness import log_tail
from airstrip.embedded.settings import EVICTION_MIB
from airstrip.embedded.status import ComponentStatus, NodeStatus, node_status, wanted_port
from airstrip.embedded.store import StoredImage, import_image, list_images, prune_node

__all__ = [
    "EVICTION_MIB",
    "ComponentStatus",
    "NodeConfig",
    "NodeStatus",
    "StoredImage",
    "Subnets",
    "choose_config",
    "delete_cluster_data",
    "delete_node_data",
    "find_kubeconfig",
    "import_image",
    "list_images",
    "log_tail",
    "node_status",
    "prune_node",
    "read_layout",
    "restart_reason",
    "start_node",
    "stop_node",
    "wanted_port",
    "write_archive",
]
