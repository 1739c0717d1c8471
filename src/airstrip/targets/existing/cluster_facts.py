"""What a cluster says of itself. It may keep any of it from us: then that is None, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from airstrip.errors import KubernetesError
from airstrip.kube import Cluster, is_forbidden, unless_forbidden
from airstrip.platform import IngressController
from airstrip.targets.landed import owner_of

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_DEFAULT_INGRESS = "ingressclass.kubernetes.io/is-default-class"
_OF_RELEASE = "meta.helm.sh/release-namespace"
_LEVEL = "pod-security.kubernetes.io/enforce"
_ENFORCERS = frozenset(
    {"antrea-agent", "anetd", "azure-npm", "calico-node", "canal", "cilium", "kube-router", "ovnkube-node"}
)
_WITHOUT = frozenset({"kube-flannel-ds"})
"""DaemonSets of network plugins that enforce NetworkPolicies, and of those that do not."""

_KINDNET = ("rbac.authorization.k8s.io/v1", "ClusterRole", "kindnet")

DNS_CIDRS, DNS_PORTS = ("169.254.0.0/16",), (53, 5353)
"""A cache on each node has an address of its own link; OpenShift's DNS pods listen on 5353, and its network looks after
translation. https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
"""
_SERVICE_PORT = 443
_API_PORTS = (_SERVICE_PORT, 6443)


@dataclass(frozen=True)
class NamespaceFact:
    """`level` is the pod security that is enforced, empty for none; `limited`: a quota or limit range is there;
    `owner`: the deployment that its labels name."""

    level: str
    limited: bool
    owner: str | None = None


@dataclass(frozen=True)
class ClusterFacts:
    """`version` is Kubernetes', such as `1.35.4`; storage classes with their provisioners, the default one's name
    apart, None where we may not list them; addresses as CIDRs; `enforces_policies`: None where nothing tells;
    `api_ports`: the API server's, before and after translation."""

    version: str
    storage_classes: Mapping[str, str] | None
    default_class: str | None
    architectures: Sequence[str]
    service_cidrs: tuple[str, ...]
    pod_cidrs: tuple[str, ...]
    node_cidrs: tuple[str, ...]
    ingresses: Sequence[IngressController] | None = ()
    default_ingress: str | None = None
    enforces_policies: bool | None = None
    api_ports: tuple[int, ...] = _API_PORTS

    @property
    def minor(self) -> tuple[int, int]:
        """The version's first two numbers; managed clusters write a + or more after the second."""
        major, minor = self.version.split(".")[:2]
        return int(major), int("".join(filter(str.isdigit, minor)))


def read_cluster(cluster: Cluster) -> ClusterFacts:
    """Raises KubernetesError where it does not answer; what it refuses to tell is left out."""
    classes = _listed(cluster, "storage.k8s.io/v1", "StorageClass")
    nodes = _listed(cluster, "v1", "Node") or []
    ingresses = _listed(cluster, "networking.k8s.io/v1", "IngressClass")
    slices = _api_slices(cluster)
    version = cluster.server_version()
    return ClusterFacts(
        version=version,
        storage_classes=None
        if classes is None
        else {item["metadata"]["name"]: item["provisioner"] for item in classes},
        default_class=_marked(classes or [], _DEFAULT_CLASS),
        architectures=sorted({node["status"]["nodeInfo"]["architecture"] for node in nodes}),
        service_cidrs=_service_cidrs(cluster),
        pod_cidrs=tuple(sorted({cidr for node in nodes for cidr in node["spec"].get("podCIDRs") or []})),
        node_cidrs=_node_cidrs(slices, nodes),
        api_ports=api_ports(slices),
        ingresses=None if ingresses is None else [_controller(item) for item in ingresses],
        default_ingress=_marked(ingresses or [], _DEFAULT_INGRESS) or _only(ingresses or []),
        enforces_policies=enforces_policies(
            version, _listed(cluster, "apps/v1", "DaemonSet") or [], unless_forbidden(partial(cluster.get, *_KINDNET))
        ),
    )


def read_namespaces(cluster: Cluster, names: Iterable[str]) -> dict[str, NamespaceFact | None]:
    """By name, None for one that is not there; without those that are not ours to look at."""
    found: dict[str, NamespaceFact | None] = {}
    for name in names:
        try:
            item = cluster.get("v1", "Namespace", name)
        except KubernetesError as error:
            if not is_forbidden(error):
                raise
        else:
            found[name] = _namespace(cluster, item) if item else None
    return found


def read_strangers(cluster: Cluster, deployment: str, namespaces: Iterable[str]) -> dict[str, list[str]]:
    """Names of pods that are not the deployment's, by namespace."""
    others = f"app.kubernetes.io/instance!={deployment}"
    found: dict[str, list[str]] = {}
    for name in namespaces:
        if pods := unless_forbidden(partial(cluster.list, "v1", "Pod", name, label_selector=others)):
            found[name] = [pod["metadata"]["name"] for pod in pods]
    return found


def read_volumes(cluster: Cluster, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """PersistentVolumes by name: those that are there and ours to look at."""
    found = {name: unless_forbidden(partial(cluster.get, "v1", "PersistentVolume", name)) for name in names}
    return {name: item for name, item in found.items() if item is not None}


def _namespace(cluster: Cluster, item: dict[str, Any]) -> NamespaceFact:
    labels, name = item["metadata"].get("labels") or {}, item["metadata"]["name"]
    limited = any(_listed(cluster, "v1", kind, name) for kind in ("ResourceQuota", "LimitRange"))
    return NamespaceFact(labels.get(_LEVEL, ""), limited, owner_of(labels))


def _listed(cluster: Cluster, api_version: str, kind: str, namespace: str | None = None) -> list[dict[str, Any]] | None:
    return unless_forbidden(lambda: cluster.list(api_version, kind, namespace))


def enforces_policies(
    version: str, daemons: Iterable[Mapping[str, Any]], kindnet: Mapping[str, Any] | None = None
) -> bool | None:
    """By the network plugins' own DaemonSets; k3s has an enforcer in its program, AWS's plugin one that may be off.

    That of kind has one since 2024, and minikube ships an older one: `kindnet`, its ClusterRole, tells whether it reads
    policies. https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy-configure.html
    """
    found = {str(item["metadata"]["name"]): item for item in daemons}
    if not _ENFORCERS.isdisjoint(found) or "+k3s" in version:
        return True
    if "aws-node" in found:
        containers = found["aws-node"]["spec"]["template"]["spec"]["containers"]
        return any("--enable-network-policy=true" in (each.get("args") or []) for each in containers)
    if "kindnet" in found and kindnet is not None:
        return any("networkpolicies" in (rule.get("resources") or []) for rule in kindnet.get("rules") or [])
    return None if _WITHOUT.isdisjoint(found) else False


def _controller(item: dict[str, Any]) -> IngressController:
    """Who installed it by Helm wrote down where to."""
    metadata = item["metadata"]
    namespace = (metadata.get("annotations") or {}).get(_OF_RELEASE)
    return IngressController(metadata["name"], item["spec"].get("controller", ""), namespace)


def _only(items: Sequence[dict[str, Any]]) -> str | None:
    return str(items[0]["metadata"]["name"]) if len(items) == 1 else None


def _marked(items: Sequence[dict[str, Any]], annotation: str) -> str | None:
    """The default one's name: of several the newest, as Kubernetes takes it."""
    marked = [item for item in items if (item["metadata"].get("annotations") or {}).get(annotation) == "true"]
    marked.sort(key=lambda item: str(item["metadata"].get("creationTimestamp", "")))
    return str(marked[-1]["metadata"]["name"]) if marked else None


def _service_cidrs(cluster: Cluster) -> tuple[str, ...]:
    """Kubernetes tells them from 1.33 on; before, the addresses of the two Services that everybody calls."""
    if listed := _cidr_objects(cluster):
        return tuple(sorted({cidr for item in listed for cidr in item["spec"]["cidrs"]}))
    services = [_service(cluster, *called) for called in (("kubernetes", "default"), ("kube-dns", "kube-system"))]
    addresses = {address for each in services if each for address in each["spec"].get("clusterIPs") or []}
    return tuple(sorted(f"{address}{_whole(address)}" for address in addresses))


def _cidr_objects(cluster: Cluster) -> list[dict[str, Any]] | None:
    try:
        return _listed(cluster, "networking.k8s.io/v1", "ServiceCIDR")
    except KubernetesError as error:
        if error.code != "kubernetes.unknown-kind":
            raise
        return None


def _service(cluster: Cluster, name: str, namespace: str) -> dict[str, Any] | None:
    return unless_forbidden(lambda: cluster.get("v1", "Service", name, namespace))


def _api_slices(cluster: Cluster) -> list[dict[str, Any]]:
    """Where the API server is: addresses and ports behind its Service."""
    slices = _listed(cluster, "discovery.k8s.io/v1", "EndpointSlice", "default") or []
    service = "kubernetes.io/service-name"
    return [item for item in slices if (item["metadata"].get("labels") or {}).get(service) == "kubernetes"]


def api_ports(slices: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """Of the API server's EndpointSlices and of its Service; MicroK8s has 16443, minikube 8443."""
    found = {each["port"] for item in slices for each in item.get("ports") or [] if each.get("port")}
    return tuple(sorted({_SERVICE_PORT, *found})) if found else _API_PORTS


def _node_cidrs(slices: Iterable[Mapping[str, Any]], nodes: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Of the nodes as they are now, and of the API server, which may be none of them."""
    found = {
        address for item in slices for endpoint in item.get("endpoints") or [] for address in endpoint["addresses"]
    }
    found |= {
        each["address"]
        for node in nodes
        for each in node["status"].get("addresses") or []
        if each["type"] == "InternalIP"
    }
    return tuple(sorted(f"{address}{_whole(address)}" for address in found))


def _whole(address: str) -> str:
    return "/128" if ":" in address else "/32"
