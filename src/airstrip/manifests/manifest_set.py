"""What the compiler takes besides the spec, and what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from airstrip.checksum import checksum
from airstrip.platform import THIS_MACHINE, Platform
from airstrip.spec import Project, Spec

Object = dict[str, Any]
"""A Kubernetes object, or a part of one, in JSON shape."""


@dataclass(frozen=True)
class Images:
    """References that the cluster's nodes can run, by digest: the name of the migration follows from it.

    `dags` is that of the image that has the DAGs in it, beside all that Airflow's has; empty where none has, as
    `postgresql` is where the database is not ours.
    """

    airflow: str
    postgresql: str
    dags: str = ""

    @property
    def with_dags(self) -> str:
        """Of whatever runs the code of DAGs."""
        return self.dags or self.airflow


@dataclass(frozen=True)
class Database:
    """Where Airflow's database is; `host` is empty where that is not known. `secret` is the name of its URL's Secret.

    `is_ours`: it runs in the cluster, as a part of the deployment.
    """

    host: str
    port: int
    name: str
    secret: str
    is_ours: bool = True


@dataclass(frozen=True)
class Stage:
    """Objects that are applied together; the next stage waits until these are ready."""

    name: str
    objects: tuple[Object, ...]


@dataclass(frozen=True)
class ManifestSet:
    """All namespaced objects of a deployment.

    Stages in order: git (where DAGs come from there), settings, foundation, volumes (where somebody else made
    them), database (where it is ours), migration, airflow.
    """

    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Inputs:
    """What every component is built from.

    `checksums` are of what is in a Secret, and of what is behind a claim, by the object's name; a
    Secret's is missing where its values are not known (`render`). `config_maps` are the names under
    which the ConfigMaps are applied (config_maps.py), by their plain ones. `kept` are the projects that
    the command line made, which are in the cluster and in no file. `git_secret` is the name of the Secret
    that git reads, empty where it is not known.
    """

    spec: Spec
    platform: Platform
    images: Images
    checksums: Mapping[str, str]
    database: Database
    config_maps: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, Project] = field(default_factory=dict)
    git_secret: str = ""

    @property
    def control(self) -> str:
        """The control plane's namespace."""
        return self.spec.namespaces.control

    @property
    def workers(self) -> str:
        """The task pods' namespace; may be the control plane's own."""
        return self.spec.namespaces.workers

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Each namespace once, the control plane's first."""
        return self.spec.all_namespaces

    @property
    def task_namespaces(self) -> tuple[str, ...]:
        """Those that tasks' pods are in, the workers' first."""
        return self.spec.task_namespaces

    @property
    def tasks_have_pods(self) -> bool:
        """Or run in the scheduler's, with the executor `local`."""
        return self.spec.airflow.executor == "kubernetes"

    @property
    def pull_secrets(self) -> Object:
        """The part of a pod's spec that says what its images are pulled with."""
        names = self.spec.image.pull_secrets
        return {"imagePullSecrets": [{"name": name} for name in names]} if names else {}

    @property
    def host_aliases(self) -> Object:
        """The part of a pod's spec that tells it this machine's address."""
        address = self.platform.host_address
        return {"hostAliases": [{"ip": address, "hostnames": [THIS_MACHINE]}]} if address else {}

    def with_volumes(self) -> Inputs:
        """With a checksum of what is behind each of the place's volumes, where that can change."""
        volumes: dict[str, str] = {
            volume.claim_name: checksum(volume.backing) for volume in self.platform.volumes if volume.backing
        }
        return replace(self, checksums={**self.checksums, **volumes})

    def checksum_annotations(self, names: Iterable[str]) -> dict[str, str]:
        """One annotation for each Secret or claim that a pod reads: it rolls when one changes."""
        return {f"checksum.airstrip/{name}": self.checksums[name] for name in sorted(names) if name in self.checksums}
