"""containerd, kubelet, kube-proxy, and what a cluster needs beside them; pure."""

from __future__ import annotations

from airstrip.embedded.components.launch import archive, environment, identity, program, settings
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.supervisor.plan import Component, Probe

STORAGE_CLASS = "standard"


def containerd(config: NodeConfig) -> Component:
    return Component(
        "containerd",
        (config.program("containerd"), "--config", settings(config, "containerd.toml"), "--log-level", "warn"),
        env=environment(config),
        probe=Probe("unix", str(config.containerd_socket)),
        stops_containers=True,
    )


def pause_image(config: NodeConfig) -> Component:
    return Component(
        "pause-image",
        (
            config.program("ctr"),
            "--address",
            str(config.containerd_socket),
            "--namespace",
            "k8s.io",
            "images",
            "import",
            str(config.state_dir / "pause.tar"),
        ),
        needs=("containerd",),
        env=environment(config),
        once=True,
    )


def kubelet(config: NodeConfig) -> Component:
    return Component(
        "kubelet",
        program(
            config,
            "kubelet",
            f"--config={settings(config, 'kubelet.json')}",
            f"--kubeconfig={settings(config, 'kubelet.kubeconfig')}",
            f"--hostname-override={config.name}",
            f"--node-ip={config.subnets.node}",
            "--housekeeping-interval=30s",
        ),
        needs=("pause-image", "kube-apiserver"),
        env=environment(config),
        probe=Probe("http", "http://127.0.0.1:10248/healthz"),
    )


def proxy(config: NodeConfig) -> Component:
    return Component(
        "kube-proxy",
        program(config, "kube-proxy", f"--config={settings(config, 'proxy.json')}"),
        needs=("kube-apiserver",),
        env=environment(config),
    )


def objects(config: NodeConfig) -> Component:
    return Component(
        "objects",
        (*archive(config), "apply", *identity(config, "admin"), settings(config, "objects.json")),
        needs=("kube-apiserver",),
        once=True,
    )


def coredns(config: NodeConfig) -> Component:
    return Component(
        "coredns",
        program(config, "coredns", "-conf", settings(config, "Corefile")),
        needs=("objects",),
        env=environment(config),
        probe=Probe("http", "http://127.0.0.1:8181/ready"),
    )


def volumes(config: NodeConfig) -> Component:
    return Component(
        "volumes",
        (
            *archive(config),
            "volumes",
            *identity(config, "volumes"),
            STORAGE_CLASS,
            str(config.volumes_dir),
            config.name,
        ),
        needs=("objects",),
    )
