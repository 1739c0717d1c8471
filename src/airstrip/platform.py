"""What a place offers: a frozen value without behaviour. What a place lacks is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Purpose = Literal["dags", "logs", "data"]
Role = Literal["control", "workers"]


@dataclass(frozen=True)
class Binding:
    """The PersistentVolume that one namespace's claim is bound to."""

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
class Platform:
    """A place as the manifests see it.

    `base_url` is where a user reaches Airflow; `node_cidrs` are the addresses that the cluster's
    own components (kubelet, API server) have, for NetworkPolicies. `api_server_node_port` is the port
    that every node forwards to Airflow's API server, where that is the way in. `on_this_machine`: no
    proxy of the environment stands between us and the cluster. `data_folder` is where this machine holds
    the folders of projects, for people to look into.
    """

    place: str
    storage_class: str | None
    volumes: tuple[SharedVolume, ...]
    base_url: str
    service_cidr: str
    pod_cidr: str
    node_cidrs: tuple[str, ...]
    on_this_machine: bool = False
    api_server_node_port: int | None = None
    data_folder: str | None = None

    def volume(self, purpose: Purpose) -> SharedVolume | None:
        return next((volume for volume in self.volumes if volume.purpose == purpose), None)
