"""etcd, the API server and its controllers; pure."""

from __future__ import annotations

from airstrip.embedded.components.launch import certificate, environment, identity, program, settings
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.supervisor.plan import Component, Probe


def etcd(config: NodeConfig) -> Component:
    # A socket of root's instead of a port: no program in a pod can reach it, and no TLS is needed.
    socket = config.etcd_socket
    return Component(
        "etcd",
        program(
            config,
            "etcd",
            f"--name={config.name}",
            f"--data-dir={config.state_dir}/etcd",
            f"--listen-client-urls=unix://{socket}",
            "--advertise-client-urls=http://127.0.0.1:2379",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--initial-advertise-peer-urls=http://127.0.0.1:2380",
            f"--initial-cluster={config.name}=http://127.0.0.1:2380",
            "--log-level=warn",
        ),
        env=environment(config),
        probe=Probe("unix", str(socket)),
    )


def api_server(config: NodeConfig) -> Component:
    return Component(
        "kube-apiserver",
        program(
            config,
            "kube-apiserver",
            f"--etcd-servers=unix://{config.etcd_socket}",
            f"--advertise-address={config.subnets.node}",
            "--bind-address=0.0.0.0",
            "--secure-port=6443",
            f"--client-ca-file={certificate(config, 'ca.crt')}",
            f"--tls-cert-file={certificate(config, 'apiserver.crt')}",
            f"--tls-private-key-file={certificate(config, 'apiserver.key')}",
            "--anonymous-auth=false",
            # Off by default, which refuses privileged pods everywhere; who may have one is for pod security to say.
            "--allow-privileged=true",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--kubelet-certificate-authority={certificate(config, 'ca.crt')}",
            f"--kubelet-client-certificate={certificate(config, 'apiserver-to-kubelet.crt')}",
            f"--kubelet-client-key={certificate(config, 'apiserver-to-kubelet.key')}",
            "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            f"--service-account-key-file={certificate(config, 'service-account.pub')}",
            f"--service-account-signing-key-file={certificate(config, 'service-account.key')}",
            f"--service-cluster-ip-range={config.subnets.services}",
            "--service-node-port-range=30000-32767",
            "--profiling=false",
            "--event-ttl=1h",
        ),
        needs=("etcd",),
        env=environment(config),
        probe=Probe("https", f"{config.api_url}/readyz", *identity(config, "admin")[1:]),
        stop_timeout=1.5,
    )


def controller_manager(config: NodeConfig) -> Component:
    unused = (
        "bootstrap-signer-controller",
        "token-cleaner-controller",
        "certificatesigningrequest-approving-controller",
        "certificatesigningrequest-cleaner-controller",
        "certificatesigningrequest-signing-controller",
        "node-ipam-controller",
        "node-route-controller",
        "service-lb-controller",
        "cloud-node-lifecycle-controller",
    )
    kubeconfig = settings(config, "controller-manager.kubeconfig")
    return Component(
        "kube-controller-manager",
        program(
            config,
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--secure-port=0",
            "--profiling=false",
            "--use-service-account-credentials=true",
            # Each controller asks for its own token as it is built, one after the other: at the default of 20 requests
            # a second that takes four seconds.
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            f"--service-account-private-key-file={certificate(config, 'service-account.key')}",
            f"--root-ca-file={certificate(config, 'ca.crt')}",
            f"--controllers=*,{','.join(f'-{name}' for name in unused)}",
        ),
        needs=("kube-apiserver",),
        env=environment(config),
    )


def scheduler(config: NodeConfig) -> Component:
    return Component(
        "kube-scheduler",
        program(
            config,
            "kube-scheduler",
            f"--kubeconfig={settings(config, 'scheduler.kubeconfig')}",
            "--leader-elect=false",
            "--secure-port=0",
            "--profiling=false",
        ),
        needs=("kube-apiserver",),
        env=environment(config),
    )
