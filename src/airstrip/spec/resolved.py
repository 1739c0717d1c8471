"""The spec with every default in its place and every path absolute: what the rest of Airstrip reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializeAsAny

from airstrip.spec.git_url import GitUrl, parse_git_url
from airstrip.spec.own_settings import option_variable
from airstrip.spec.written import TargetSpec

REQUIRED_EXTRAS = ("cncf-kubernetes", "postgres", "fab")
"""Without these Airflow has no executor, no database and no log-in here."""


class _Resolved(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Namespaces(_Resolved):
    """Without `create` somebody else made them, those of projects too."""

    control: str
    workers: str
    create: bool = True


class Airflow(_Resolved):
    """`config` holds texts by section and option, `env` by variable."""

    version: str
    extras: tuple[str, ...] = REQUIRED_EXTRAS
    config: Mapping[str, Mapping[str, str]] = {}
    env: Mapping[str, str] = {}
    executor: Literal["kubernetes", "local"] = "kubernetes"

    @property
    def variables(self) -> dict[str, str]:
        """`config` as the environment variables that Airflow reads it from, then `env`."""
        options = {
            option_variable(section, name): text
            for section in self.config
            for name, text in self.config[section].items()
        }
        return {**options, **self.env}


class Component(_Resolved):
    """What the file says of a component's pods; amounts by `cpu` and `memory`, as Kubernetes writes them.

    `mounts` are the component's own container's; `affinity` and what follows have Kubernetes' words.
    """

    replicas: int = 1
    requests: Mapping[str, str] = {}
    limits: Mapping[str, str] = {}
    node_selector: Mapping[str, str] = {}
    tolerations: tuple[Mapping[str, str], ...] = ()
    env: Mapping[str, str] = {}
    affinity: Mapping[str, Any] = {}
    volumes: tuple[Mapping[str, Any], ...] = ()
    mounts: tuple[Mapping[str, Any], ...] = ()
    sidecars: tuple[Mapping[str, Any], ...] = ()


class Image(_Resolved):
    """`ref` is a ready image by digest; else one is built with `requirements` and Debian `packages`.

    `registry` is a registry's host and a path, below which built images have their names. `pull_secrets` are names of
    Secrets, for every image of the deployment. `base` is what the builder, where that is not Airstrip itself, starts
    from.
    """

    ref: str | None = None
    requirements: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    pull_secrets: tuple[str, ...] = ()
    registry: str | None = None
    builder: Literal["airstrip", "docker", "podman"] = "airstrip"
    base: str | None = None


class GitSync(_Resolved):
    """What git-sync does with a repository; without `image`, upstream's. `depth` 0 is the whole history."""

    image: str = ""
    depth: int = 1
    submodules: Literal["off", "shallow", "recursive"] = "off"
    keep_hours: int = 24
    webhook: str = ""


class GitBundle(_Resolved):
    """A repository that DAGs come from.

    `ref` is a branch, a full ref of a tag or a commit, or HEAD for the repository's own default branch;
    `path` is empty for the whole of it. `token` and `ssh_key` are secret references, `known_hosts` and
    `ca_cert` references or the text itself; empty: there is none. Without `sync` every pod clones for itself.
    """

    name: str
    repo: str
    ref: str
    path: str
    refresh: int
    username: str
    token: str = ""
    ssh_key: str = ""
    known_hosts: str = ""
    ca_cert: str = ""
    sync: GitSync | None = None

    @property
    def url(self) -> GitUrl:
        found = parse_git_url(self.repo)
        assert found is not None, "no file is loaded with another address"
        return found

    @property
    def is_commit(self) -> bool:
        """Whether `ref` is one: a branch of such a name could not be told from it anyhow."""
        return len(self.ref) in (40, 64) and not self.ref.strip("0123456789abcdef")


class Dags(_Resolved):
    """`path`, live or pushed, and `baked`, for the image, are absolute and may not exist yet; `in_image`: the image has
    the DAGs, from `baked` or as a ready one. With none of them and no `git` there are the built-in DAGs only.

    Airflow reads `path` itself, unless DAGs are `pushed`: then it reads the last of what `dags push` sent, of
    which `keep` revisions stay.
    """

    path: Path | None = None
    git: tuple[GitBundle, ...] = ()
    pushed: bool = False
    keep: int = 0
    in_image: bool = False
    baked: Path | None = None

    @property
    def folder(self) -> Path | None:
        """Where their author has them on this machine, however they come to Airflow."""
        return self.path or self.baked

    @property
    def live_folder(self) -> Path | None:
        """The folder that Airflow reads as it is."""
        return None if self.pushed else self.path

    @property
    def claim(self) -> str:
        """The claim that pods have them by. Each way has its own: what runs keeps what it has while another comes."""
        return "git-sync" if self.synced else "pushed-dags" if self.pushed else "dags"

    @property
    def cloned(self) -> tuple[GitBundle, ...]:
        """Those of `git` that every pod which reads DAGs clones for itself."""
        return tuple(bundle for bundle in self.git if bundle.sync is None)

    @property
    def synced(self) -> tuple[GitBundle, ...]:
        """Those of `git` that git-sync brings into the volume."""
        return tuple(bundle for bundle in self.git if bundle.sync is not None)

    @property
    def volumes(self) -> tuple[Literal["dags", "logs"], ...]:
        """What pods share: clones are each pod's own, and so is what an image has."""
        own = self.in_image or (self.git and not self.synced)
        return ("logs",) if own else ("dags", "logs")


class Database(_Resolved):
    """`url` is a secret reference, empty for PostgreSQL in the cluster."""

    url: str = ""


class Ingress(_Resolved):
    """`path` is empty for the whole host; `allow` for everybody. The certificate is in `tls_secret`, or made into it by
    cert-manager's `issuer`, its kind and name; with neither it is plain HTTP. `callers` are addresses that the
    controller calls from, besides the pods of the namespace `controller`."""

    host: str
    path: str = ""
    ingress_class: str | None = None
    annotations: Mapping[str, str] = {}
    allow: tuple[str, ...] = ()
    controller: str | None = None
    callers: tuple[str, ...] = ()
    tls_secret: str | None = None
    issuer: tuple[str, str] | None = None

    @property
    def url(self) -> str:
        scheme = "https" if self.tls_secret else "http"
        return f"{scheme}://{self.host}{self.path}"


class LoadBalancer(_Resolved):
    """`host` is empty for whatever address the cloud gives; `callers` are addresses that the balancer calls from."""

    allow: tuple[str, ...]
    annotations: Mapping[str, str] = {}
    port: int = 80
    host: str = ""
    callers: tuple[str, ...] = ()


class Expose(_Resolved):
    """How users reach Airflow; with none of them, by the port of `open` alone."""

    port: int | None = None
    ingress: Ingress | None = None
    load_balancer: LoadBalancer | None = None

    @property
    def is_private(self) -> bool:
        return self.ingress is None and self.load_balancer is None


class Quota(_Resolved):
    """What all pods of a namespace may have together."""

    requests: Mapping[str, str] = {}
    limits: Mapping[str, str] = {}
    pods: int | None = None


class Project(_Resolved):
    """What a project's pods get, and its pool's slots. `secrets` are references, or where the values came from.

    `namespace` is one of its own, empty where its pods are with all others; `data` the URL of its data, empty where
    that is in the claim. `place` is where the file declares it; empty where it was made by the command line.
    """

    config: Mapping[str, str] = {}
    secrets: Mapping[str, str] = {}
    pool: int | None = None
    requests: Mapping[str, str] = {}
    limits: Mapping[str, str] = {}
    namespace: str = ""
    quota: Quota = Quota()
    data: str = ""
    place: str = ""


class Patch(_Resolved):
    """A partial object, and where in the file it stands."""

    body: Mapping[str, Any]
    path: str
    file: str
    line: int
    column: int


class Spec(_Resolved):
    """One deployment. `file` is where it was read, None for the built-in deployment."""

    api_version: str
    name: str
    target: SerializeAsAny[TargetSpec]
    namespaces: Namespaces
    airflow: Airflow
    components: Mapping[str, Component] = {}
    image: Image = Image()
    dags: Dags = Dags()
    database: Database = Database()
    expose: Expose = Expose()
    projects: Mapping[str, Project] = {}
    patches: tuple[Patch, ...] = ()
    file: Path | None = None

    @property
    def task_namespaces(self) -> tuple[str, ...]:
        """Those that tasks' pods are in: the workers', then those that projects have of their own."""
        own = (project.namespace for project in self.projects.values() if project.namespace)
        return tuple(dict.fromkeys((self.namespaces.workers, *own)))

    @property
    def all_namespaces(self) -> tuple[str, ...]:
        """Each once, the control plane's first."""
        return tuple(dict.fromkeys((self.namespaces.control, *self.task_namespaces)))

    def namespace_of(self, project: str) -> str:
        """Where the objects and the pods of a project are. One that no file declares is with the workers."""
        declared = self.projects.get(project)
        return (declared.namespace if declared else "") or self.namespaces.workers
