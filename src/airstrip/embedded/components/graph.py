"""All programs of a node and its network, as the plan that the supervisor follows; pure."""

from __future__ import annotations

from airstrip.embedded.components import control_plane, node_programs
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.host import HostFacts
from airstrip.embedded.settings import DNS_RELAY_PORT
from airstrip.embedded.supervisor.plan import Component, Network, NodePlan


def build_plan(config: NodeConfig, host: HostFacts, version: str) -> NodePlan:
    """What the supervisor gets. `version` stands for the contents that the plan only names
    (settings, objects, the supervisor itself): another one is another plan.
    """
    return NodePlan(
        name=config.name,
        state_dir=str(config.state_dir),
        run_dir=str(config.run_dir),
        cgroup=config.cgroup,
        version=version,
        network=build_network(config, host),
        components=build_components(config),
    )


def build_network(config: NodeConfig, host: HostFacts) -> Network:
    return Network(
        interface=config.identifier,
        table=config.identifier,
        link_host=str(config.subnets.host),
        link_node=str(config.subnets.node),
        pods=str(config.subnets.pods),
        services=str(config.subnets.services),
        mtu=host.mtu,
        dns_port=DNS_RELAY_PORT,
        node_port=config.node_port,
        wanted_port=config.port,
        resolvers=config.resolvers,
        ip=host.ip,
        nft=host.nft,
        iptables=host.iptables,
    )


def build_components(config: NodeConfig) -> tuple[Component, ...]:
    """Every program of the node; a stop goes the other way round."""
    return (
        control_plane.etcd(config),
        node_programs.containerd(config),
        node_programs.pause_image(config),
        control_plane.api_server(config),
        control_plane.controller_manager(config),
        control_plane.scheduler(config),
        node_programs.kubelet(config),
        node_programs.proxy(config),
        node_programs.objects(config),
        node_programs.coredns(config),
        node_programs.volumes(config),
    )
