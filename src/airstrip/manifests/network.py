"""NetworkPolicies: nothing comes in but by a named path, and the control plane goes out by named paths.

    who                                     may reach
    its namespaces, outside the cluster     api-server (Execution API, UI); no pod of another namespace
    api-server                              triggerer's and task pods' logs, Kubernetes API
    scheduler, triggerer, pod operators     Kubernetes API
    the four processes and the migration    the database, or its port where it is not ours
    all                                     DNS
    dag-processor, triggerer, task pods     whatever users' code calls, identity endpoints included
    git-check                               as task pods

A cluster without a network plugin that enforces them ignores them.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from airstrip.manifests.manifest_set import Inputs, Object
from airstrip.manifests.metadata import metadata, select
from airstrip.manifests.names import (
    AIRFLOW_COMPONENTS,
    API_PORT,
    API_SERVER,
    DAG_PROCESSOR,
    GIT_CHECK,
    MIGRATION,
    POSTGRESQL,
    POSTGRESQL_PORT,
    SCHEDULER,
    SCHEDULER_HEALTH_PORT,
    TASK,
    TASK_LOG_PORT,
    TRIGGER_LOG_PORT,
    TRIGGERER,
)

_IDENTITY_ENDPOINT = "169.254.169.254/32"
"""Where EC2, GCE and OCI hand out a workload's credentials."""
_NOTHING: list[Object] = []


def build_network_policies(inputs: Inputs) -> tuple[Object, ...]:
    """One policy for each component, and one in each namespace for all other pods."""
    return (
        *(_deny_ingress(inputs, namespace) for namespace in inputs.namespaces),
        _api_server(inputs),
        _scheduler(inputs),
        _users_code(inputs, DAG_PROCESSOR, _NOTHING),
        _users_code(inputs, TRIGGERER, [_triggerer_logs(inputs)]),
        *([_postgresql(inputs)] if inputs.database.is_ours else []),
        _migration(inputs),
        *(_tasks(inputs, namespace) for namespace in inputs.task_namespaces if inputs.tasks_have_pods),
    )


def build_git_check_policy(inputs: Inputs, namespace: str) -> Object:
    """What a task may: whether its way leads by a proxy or not, only its settings say."""
    return _policy(inputs, GIT_CHECK, namespace, select(inputs, GIT_CHECK), _NOTHING, [{}])


def _deny_ingress(inputs: Inputs, namespace: str) -> Object:
    """For every pod, those of pod operators included: what they call is their author's business."""
    return _policy(inputs, "default", namespace, {}, _NOTHING, None)


def _api_server(inputs: Inputs) -> Object:
    """Users come from outside, by node ports; of the cluster's pods only ours. See decision 0034."""
    ours = [_namespace(namespace) for namespace in inputs.namespaces]
    callers = [*ours, *_blocks(inputs.platform.node_cidrs), *_outside(inputs)]
    egress = [
        _dns(inputs),
        _database(inputs),
        _kubernetes(inputs),
        _rule("to", [_pods(inputs, TRIGGERER, inputs.control)], (TRIGGER_LOG_PORT,)),
        _rule("to", [_pods(inputs, TASK, namespace) for namespace in inputs.task_namespaces], (TASK_LOG_PORT,)),
        _identity(),
    ]
    return _component(inputs, API_SERVER, [_rule("from", callers, (API_PORT,))], egress)


def _outside(inputs: Inputs) -> list[Object]:
    """A port that is forwarded ends inside the pod: no policy stands in its way."""
    expose, platform = inputs.spec.expose, inputs.platform
    if expose.load_balancer is not None:
        return _callers(inputs, (*expose.load_balancer.allow, *expose.load_balancer.callers))
    if expose.ingress is not None:
        namespace = platform.ingress.namespace if platform.ingress else None
        return [*([_namespace(namespace)] if namespace else []), *_callers(inputs, expose.ingress.callers)]
    return [] if platform.is_forwarded else _callers(inputs, ("0.0.0.0/0",))


def _callers(inputs: Inputs, cidrs: Sequence[str]) -> list[Object]:
    """From everywhere is not from the cluster's own pods."""
    return [{"ipBlock": {"cidr": cidr, **_except(inputs, ip_network(cidr))}} for cidr in dict.fromkeys(cidrs)]


def _except(inputs: Inputs, block: IPv4Network | IPv6Network) -> Object:
    """What is excepted must lie within the block, so be of its family."""
    pods = [cidr for cidr in inputs.platform.pod_cidrs if ip_network(cidr).version == block.version]
    return {"except": pods} if pods and block.prefixlen == 0 else {}


def _scheduler(inputs: Inputs) -> Object:
    """Only kubelet's probe comes in; tasks in its pod may call anything."""
    ingress = [_rule("from", _blocks(inputs.platform.node_cidrs), (SCHEDULER_HEALTH_PORT,))]
    if not inputs.tasks_have_pods:
        return _users_code(inputs, SCHEDULER, ingress)
    egress = [_dns(inputs), _database(inputs), _kubernetes(inputs), _identity()]
    return _component(inputs, SCHEDULER, ingress, egress)


def _triggerer_logs(inputs: Inputs) -> Object:
    peers = [_pods(inputs, API_SERVER, inputs.control), *_blocks(inputs.platform.node_cidrs)]
    return _rule("from", peers, (TRIGGER_LOG_PORT,))


def _users_code(inputs: Inputs, component: str, ingress: list[Object]) -> Object:
    """DAG files, triggers and tasks may call anything."""
    return _component(inputs, component, ingress, [{}])


def _postgresql(inputs: Inputs) -> Object:
    """Its clients and nobody else; it calls nobody."""
    clients = [_pods(inputs, component, inputs.control) for component in (*AIRFLOW_COMPONENTS, MIGRATION)]
    peers = [*clients, *_blocks(inputs.platform.node_cidrs)]
    return _component(inputs, POSTGRESQL, [_rule("from", peers, (POSTGRESQL_PORT,))], _NOTHING)


def _migration(inputs: Inputs) -> Object:
    return _component(inputs, MIGRATION, _NOTHING, [_dns(inputs), _database(inputs)])


def _tasks(inputs: Inputs, namespace: str) -> Object:
    ingress = [_rule("from", [_pods(inputs, API_SERVER, inputs.control)], (TASK_LOG_PORT,))]
    return _policy(inputs, TASK, namespace, select(inputs, TASK), ingress, [{}])


def _dns(inputs: Inputs) -> Object:
    """To pods, to the service's address and to nodes: clusters differ in where DNS answers."""
    platform = inputs.platform
    blocks = _blocks((*platform.service_cidrs, *platform.node_cidrs, *platform.dns_cidrs))
    ports = [{"port": port, "protocol": protocol} for port in platform.dns_ports for protocol in ("UDP", "TCP")]
    return {"to": [{"namespaceSelector": {}}, *blocks], "ports": ports}


def _kubernetes(inputs: Inputs) -> Object:
    """By the service's address, and by the node's, which plugins see after translation; where the cluster tells none,
    or they change, by any address. See decision 0080."""
    platform = inputs.platform
    blocks = [] if platform.api_moves else _blocks((*platform.service_cidrs, *platform.node_cidrs))
    return _rule("to", blocks, platform.api_ports)


def _database(inputs: Inputs) -> Object:
    """One that is not ours may have any address behind its name, and another tomorrow."""
    ours = [_pods(inputs, POSTGRESQL, inputs.control)] if inputs.database.is_ours else []
    return _rule("to", ours, (inputs.database.port,))


def _identity() -> Object:
    return _rule("to", _blocks((_IDENTITY_ENDPOINT,)), (80,))


def _pods(inputs: Inputs, component: str, namespace: str) -> Object:
    return {**_namespace(namespace), "podSelector": {"matchLabels": select(inputs, component)}}


def _namespace(name: str) -> Object:
    """All of its pods."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def _blocks(cidrs: Sequence[str]) -> list[Object]:
    return [{"ipBlock": {"cidr": cidr}} for cidr in cidrs]


def _rule(direction: str, peers: list[Object], ports: tuple[int, ...]) -> Object:
    return {direction: peers, "ports": [_port(port) for port in ports]}


def _port(port: int) -> Object:
    return {"port": port, "protocol": "TCP"}


def _component(inputs: Inputs, component: str, ingress: list[Object], egress: list[Object]) -> Object:
    return _policy(inputs, component, inputs.control, select(inputs, component), ingress, egress)


def _policy(
    inputs: Inputs,
    name: str,
    namespace: str,
    pods: dict[str, str],
    ingress: list[Object],
    egress: list[Object] | None,
) -> Object:
    """`egress` None: not restricted by this policy."""
    spec: Object = {"podSelector": {"matchLabels": pods} if pods else {}, "policyTypes": ["Ingress"]}
    if ingress:
        spec["ingress"] = ingress
    if egress is not None:
        spec["policyTypes"] = ["Egress", "Ingress"]
    if egress:
        spec["egress"] = egress
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(inputs, name, name, namespace),
        "spec": spec,
    }
