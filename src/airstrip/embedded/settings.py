"""The configuration files of the node's programs; pure texts."""

from __future__ import annotations

import json
from typing import Any

from airstrip.embedded.config import NodeConfig
from airstrip.embedded.host import HostFacts
from airstrip.embedded.supervisor.mounts import POD_LOGS

CLUSTER_DOMAIN = "cluster.local"
HOST_NAME = "host.airstrip.internal"
PAUSE_IMAGE = "localhost/airstrip/pause:1"
DNS_RELAY_PORT = 10053
EVICTION_MIB = 500
"""With less than that free, the kubelet starts no pods and ends some."""
LONGEST_BACK_OFF = 30
"""Seconds until a container that crashes again and again is started once more."""

# Programs of containerd that a node without registry, build or checkpoints never calls.
_CONTAINERD_UNUSED = (
    "io.containerd.differ.v1.erofs",
    "io.containerd.internal.v1.tracing",
    "io.containerd.monitor.container.v1.restart",
    "io.containerd.mount-handler.v1.erofs",
    "io.containerd.nri.v1.nri",
    "io.containerd.snapshotter.v1.blockfile",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.erofs",
    "io.containerd.snapshotter.v1.native",
    "io.containerd.snapshotter.v1.zfs",
    "io.containerd.tracing.processor.v1.otlp",
)


def build_settings(config: NodeConfig, host: HostFacts) -> dict[str, str]:
    """Every file of the settings folder by its relative path; none holds a secret."""
    files = {
        "containerd.toml": _containerd(config, host),
        "cni/10-airstrip.conflist": _json(_cni(config, host)),
        "kubelet.json": _json(_kubelet(config, host)),
        "proxy.json": _json(_proxy(config, host)),
        "Corefile": _corefile(config),
        "resolv.conf": f"nameserver {config.subnets.node}\n",
    }
    for user in ("kubelet", "controller-manager", "scheduler", "proxy", "coredns"):
        files[f"{user}.kubeconfig"] = _json(_kubeconfig(config, user))
    return files


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1) + "\n"


def _containerd(config: NodeConfig, host: HostFacts) -> str:
    return f"""\
version = 3
root = {_text(config.state_dir / "containerd")}
state = "/run/containerd"
imports = []
disabled_plugins = {json.dumps(_CONTAINERD_UNUSED)}

[grpc]
  address = {_text(config.containerd_socket)}

[ttrpc]
  address = {_text(f"{config.containerd_socket}.ttrpc")}

[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = {_text(PAUSE_IMAGE)}

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = {_text(not host.may_lower_oom_score)}
  # A profile would stay in the host's kernel when the node is gone.
  disable_apparmor = true

[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [{_text(config.programs_dir)}]
  conf_dir = {_text(config.settings_dir / "cni")}

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  BinaryName = {_text(config.program("runc"))}
  SystemdCgroup = false
"""


def _text(value: object) -> str:
    """A TOML value: JSON's strings and booleans are TOML's too, but for escapes of letters beyond 16 bits."""
    return json.dumps(value if isinstance(value, bool) else str(value), ensure_ascii=False)


def _cni(config: NodeConfig, host: HostFacts) -> dict[str, Any]:
    """Pods leave through the link unmasked; the host masks what goes further."""
    bridge = {
        "type": "bridge",
        "bridge": "pods0",
        "isGateway": True,
        "hairpinMode": True,
        "mtu": host.mtu,
        "ipam": {
            "type": "host-local",
            "dataDir": "/var/lib/cni/networks",
            "ranges": [[{"subnet": str(config.subnets.pods)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    portmap = {"type": "portmap", "backend": "nftables", "snat": True, "capabilities": {"portMappings": True}}
    return {"cniVersion": "1.0.0", "name": "airstrip", "plugins": [bridge, portmap]}


def _kubelet(config: NodeConfig, host: HostFacts) -> dict[str, Any]:
    certificates = config.certificates_dir
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": str(config.subnets.node),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(certificates / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(certificates / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(certificates / "kubelet-server.key"),
        "containerRuntimeEndpoint": f"unix://{config.containerd_socket}",
        "failCgroupV1": host.cgroup_version != 1,
        "failSwapOn": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{config.cgroup}",
        "makeIPTablesUtilChains": False,
        "clusterDomain": CLUSTER_DOMAIN,
        "clusterDNS": [str(config.subnets.node)],
        "resolvConf": str(config.settings_dir / "resolv.conf"),
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        # Bound there in the node's own view of the host: the kubelet takes no letter beyond ASCII here.
        "podLogsDir": POD_LOGS,
        "containerLogMaxSize": "10Mi",
        "containerLogMaxFiles": 3,
        "maxPods": 110,
        # A laptop's disk is often nearly full: act when it really is, and keep images that no
        # registry could give back.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": f"{EVICTION_MIB}Mi",
            "imagefs.available": f"{EVICTION_MIB}Mi",
            "nodefs.inodesFree": "10k",
        },
        "evictionPressureTransitionPeriod": "30s",
        # Of five minutes by itself: what a pod crashed of is soon mended here, and nobody wants to wait for it then.
        "crashLoopBackOff": {"maxContainerRestartPeriod": f"{LONGEST_BACK_OFF}s"},
    }


def _proxy(config: NodeConfig, host: HostFacts) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "hostnameOverride": config.name,
        "clusterCIDR": str(config.subnets.pods),
        "clientConnection": {"kubeconfig": str(config.settings_dir / "proxy.kubeconfig")},
        "conntrack": {"maxPerCore": 0, "min": 0},
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "nftables": {
            # Without bridge netfilter an answer from pod to pod would bypass the translation back.
            "masqueradeAll": not host.bridge_netfilter,
            "minSyncPeriod": "200ms",
            "syncPeriod": "10m",
        },
    }


def _corefile(config: NodeConfig) -> str:
    return f"""\
.:53 {{
    bind {config.subnets.node}
    errors
    ready 127.0.0.1:8181
    hosts {{
        {config.subnets.host} {HOST_NAME}
        fallthrough
    }}
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa {{
        kubeconfig {_text(config.settings_dir / "coredns.kubeconfig")}
        ttl 5
        fallthrough in-addr.arpa
    }}
    forward . {config.subnets.host}:{DNS_RELAY_PORT} {{
        health_check 30s
    }}
    cache 30
}}
"""


def _kubeconfig(config: NodeConfig, user: str) -> dict[str, Any]:
    """For a program of the node: names its certificate's files instead of holding them."""
    certificates = config.certificates_dir
    return kubeconfig(
        config.name,
        {"server": config.api_url, "certificate-authority": str(certificates / "ca.crt")},
        {
            "client-certificate": str(certificates / f"{user}.crt"),
            "client-key": str(certificates / f"{user}.key"),
        },
    )


def kubeconfig(name: str, cluster: dict[str, str], user: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
