"""What a place offers: a frozen value without behaviour. What a place lacks is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Purpose = Literal["dags", "logs", "data"]
Role = Literal["control", "workers"]

THIS_MACHINE = "host.internal"
"""What the machine that Airstrip runs on is called in the file, where pods can reach it."""


@dataclass(frozen=True)
class Binding:
    """The PersistentVolume that one namespace's claim is bound to; without a name, what its class makes."""

    volume: str
    storage_class: str
    capacity: str


@dataclass(frozen=True)
class SharedVolume:
    """One backing with a PersistentVolume and a claim in each namespace: its contents are the same in both.

    `claim` is the claim's name, where that is not the purpose. `data`, which the pods of projects share, is bound in
    the workers' namespace alone. `backing` names what is behind the claims where that can change while they stay.
    `projects` are the bindings in namespaces that projects have of their own, by project: of `data`, that project's
    folder alone.
    """

    purpose: Purpose
    access_mode: Literal["ReadWriteOnce", "ReadWriteMany"]
    bindings: Mapping[Role, Binding]
    claim: str = ""
    backing: str = ""
    projects: Mapping[str, Binding] = field(default_factory=dict)

    @property
    def claim_name(self) -> str:
        """In every namespace."""
        return self.claim or self.purpose


@dataclass(frozen=True)
class IngressController:
    """An IngressClass: its name, its controller's, such as `k8s.io/ingress-nginx`, empty before the cluster is
    asked, and where the controller's pods are, None where that is not known."""

    name: str
    kind: str
    namespace: str | None = None


@dataclass(frozen=True)
class Platform:
    """A place as the manifests see it.

    `base_url` is where a user reaches Airflow. `service_cidrs`, `pod_cidrs` and `node_cidrs`, the addresses that the
    cluster's own components (kubelet, API server) have, are for NetworkPolicies; empty: the cluster does not tell.
    `dns_cidrs` and `dns_ports` are where DNS answers besides; `api_ports` are the API server's, which is looked for at
    any address where `api_moves`.
    `registry` is where its nodes pull images from, a host and a path; without one the place takes them from us.
    `api_server_node_port` is the port that every node forwards to Airflow's API server, where that is the way in;
    `ingress` is the controller that `expose` may use; `is_forwarded`: we ourselves come in by the Kubernetes API.
    `has_foreign_volumes`: somebody else made what is behind `volumes`, and may have closed it to pods.
    `on_this_machine`: no proxy of the environment stands between us and the cluster. `data_folder` is where this
    machine holds the folders of projects, for people to look into. `host_address` is the address that pods reach this
    machine by.
    """

    place: str
    storage_class: str | None
    volumes: tuple[SharedVolume, ...]
    base_url: str
    service_cidrs: tuple[str, ...]
    pod_cidrs: tuple[str, ...]
    node_cidrs: tuple[str, ...]
    dns_cidrs: tuple[str, ...] = ()
    dns_ports: tuple[int, ...] = (53,)
    api_ports: tuple[int, ...] = (443, 6443)
    api_moves: bool = False
    on_this_machine: bool = False
    api_server_node_port: int | None = None
    registry: str | None = None
    ingress: IngressController | None = None
    is_forwarded: bool = False
    has_foreign_volumes: bool = False
    data_folder: str | None = None
    host_address: str | None = None

    def volume(self, purpose: Purpose) -> SharedVolume | None:
        return next((volume for volume in self.volumes if volume.purpose == purpose), None)
