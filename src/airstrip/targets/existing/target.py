"""The places `context` and `onprem`: a cluster that somebody else runs. Asks it what it offers; makes little in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from airstrip.errors import KubernetesError, UsageError
from airstrip.events import Emit, step
from airstrip.findings import Finding
from airstrip.kube import (
    Cluster,
    Right,
    connect,
    execute,
    inventory,
    is_allowed,
    load_access,
    plan_changes,
    unless_forbidden,
    wait_for_default_service_account,
)
from airstrip.place import PlaceFact
from airstrip.platform import IngressController, Platform
from airstrip.spec import Spec
from airstrip.targets.existing.checks import not_alone, problems_of, warnings_of
from airstrip.targets.existing.cluster_facts import (
    DNS_CIDRS,
    DNS_PORTS,
    ClusterFacts,
    read_cluster,
    read_namespaces,
    read_strangers,
    read_volumes,
)
from airstrip.targets.existing.objects import build_cluster_objects, volumes_of
from airstrip.targets.existing.spec import DEFAULT_PORT, ContextSpec
from airstrip.targets.existing.storage_checks import taken_volumes
from airstrip.targets.landed import owner_of, require_own_namespaces, require_same_namespace
from airstrip.targets.refusal import refusal
from airstrip.targets.target import Confirm

_HTTP = 80
_GONE_SECONDS = 120.0


class ExistingTarget:
    """A cluster by a context of a kubeconfig, which is never changed."""

    def __init__(self, spec: Spec, place: ContextSpec) -> None:
        self._spec, self._place = spec, place

    @property
    def owns_cluster(self) -> bool:
        return False

    @property
    def outlasts_down(self) -> bool:
        return True

    @property
    def title(self) -> str:
        access = load_access(self.kubeconfig(), self._place.name)
        return f"the cluster of the context {access.context} ({access.server})"

    def check_rights(self) -> None:
        """Nothing on this machine needs root; what the cluster allows is asked with each landing."""

    def check(self) -> tuple[Finding, ...]:
        """Raises KubernetesError where the cluster does not answer, CheckError with all that it lacks."""
        with self._connected() as cluster:
            namespaces = read_namespaces(cluster, self._spec.all_namespaces)
            facts = read_cluster(cluster)
            volumes = read_volumes(cluster, (item["metadata"]["name"] for item in self._volumes()))
            require_same_namespace(self._spec, cluster)
            require_own_namespaces(self._spec, cluster)
            # Of namespaces that it made itself, all pods are its own.
            recorded = unless_forbidden(lambda: inventory.read(cluster, self._spec.namespaces.control))
            is_new = not self._spec.namespaces.create and not recorded
            strangers = read_strangers(cluster, self._spec.name, self._spec.all_namespaces if is_new else ())
        taken = taken_volumes(self._volumes(), volumes)
        if problems := (
            *problems_of(self._spec, self._place, facts, namespaces),
            *taken,
            *not_alone(strangers),
        ):
            raise refusal(self.title, self._spec.name, problems)
        return warnings_of(self._spec, facts, namespaces)

    def ensure(self, emit: Emit, _confirm: Confirm, /) -> Platform:
        with self._connected() as cluster, step(emit, "place.objects", f"Prepare {self.title}") as progress:
            objects = self.cluster_objects()
            changes = plan_changes(cluster, objects)
            for change in changes:
                execute(cluster, change)
            for namespace in self._spec.all_namespaces:
                wait_for_default_service_account(cluster, namespace, timeout=30)
            progress.note = f"{len(objects)} objects, {len(changes)} changed"
            return self._platform(read_cluster(cluster))

    def _volumes(self) -> tuple[dict[str, Any], ...]:
        objects = build_cluster_objects(self._spec, self._place)
        return tuple(item for item in objects if item["kind"] == "PersistentVolume")

    def cluster_objects(self) -> tuple[dict[str, Any], ...]:
        """Without those that are there and that we may not change: an administrator made them."""
        objects = build_cluster_objects(self._spec, self._place)
        with self._connected() as cluster:
            return tuple(item for item in objects if not _is_given(cluster, item))

    def switch_dags(self) -> None:
        """No folder of this machine is live there."""

    def plan(self) -> tuple[str, ...]:
        return ()

    def preview(self) -> Platform:
        """Of what only the cluster knows, stand-ins."""
        wanted = self._spec.expose.ingress
        ingress = IngressController((wanted and wanted.ingress_class) or "default", "")
        unknown = ClusterFacts("", None, "default", (), (), (), (), [ingress], ingress.name)
        return self._platform(unknown)

    def describe(self) -> Platform:
        with self._connected() as cluster:
            return self._platform(read_cluster(cluster))

    def condition(self) -> str:
        """`stopped` where nobody answers: what is not reached is not told from what is not there."""
        try:
            with self._connected():
                return "ready"
        except KubernetesError:
            return "stopped"

    def facts(self) -> PlaceFact:
        return PlaceFact(place=self._place.place, state=self.condition())

    def kubeconfig(self) -> Path | None:
        return None if self._place.kubeconfig is None else self._file(Path(self._place.kubeconfig))

    @property
    def context(self) -> str | None:
        return self._place.name

    def load_image(self, _layout: Path, _reference: str, _emit: Emit, /) -> None:
        raise UsageError(
            "image.no-registry",
            f"{self.title} has no way to take an image from this machine",
            cause="Its nodes pull images from a registry, and the file names none.",
            fix="Write image: {registry: HOST/PATH}, where you may push and the nodes may pull; or a ready image.ref.",
        )

    def ensure_data_folder(self, project: str) -> None:
        """The first pod that mounts it makes it."""

    def destroy(self, emit: Emit, *, data: bool) -> Sequence[Finding]:
        """Nothing of the place is ours but, with `data`, its namespaces and volumes.

        Namespaces go first: a volume stays as long as a claim is bound to it.
        """
        if not data:
            return ()
        left = []
        with self._connected() as cluster, step(emit, "place.delete", f"Delete from {self.title}") as progress:
            objects = build_cluster_objects(self._spec, self._place)
            own = [item for item in objects if _is_own(self._spec, cluster, item)]
            for item in own:
                kind, name = item["kind"], item["metadata"]["name"]
                if is_allowed(cluster, _right(cluster, item, "delete")):
                    progress.say(f"{kind} {name}")
                    cluster.delete(item["apiVersion"], kind, name, wait=_GONE_SECONDS)
                else:
                    left.append(_left(kind, name))
            progress.note = f"{len(own) - len(left)} objects"
        return left

    @contextmanager
    def _connected(self) -> Iterator[Cluster]:
        with closing(connect(self.kubeconfig(), self._place.name)) as cluster:
            yield cluster

    def _platform(self, facts: ClusterFacts) -> Platform:
        return Platform(
            place=self._place.place,
            storage_class=self._place.storage_class or facts.default_class,
            volumes=volumes_of(self._spec, self._place),
            base_url=self._base_url(),
            ingress=self._ingress(facts),
            service_cidrs=facts.service_cidrs,
            pod_cidrs=facts.pod_cidrs,
            node_cidrs=facts.node_cidrs,
            dns_cidrs=DNS_CIDRS,
            dns_ports=DNS_PORTS,
            api_ports=facts.api_ports,
            api_moves=True,
            registry=self._spec.image.registry,
            is_forwarded=True,
            has_foreign_volumes=True,
        )

    def _base_url(self) -> str:
        expose = self._spec.expose
        if expose.ingress is not None:
            return expose.ingress.url
        if expose.load_balancer is not None:
            port = expose.load_balancer.port
            return f"http://{expose.load_balancer.host}" + (f":{port}" if port != _HTTP else "")
        return f"http://localhost:{expose.port or DEFAULT_PORT}"

    def _ingress(self, facts: ClusterFacts) -> IngressController | None:
        """That of the class which counts, with what the file says of it."""
        wanted = self._spec.expose.ingress
        if wanted is None:
            return None
        name = wanted.ingress_class or facts.default_ingress
        known = [IngressController(name or "", "")] if facts.ingresses is None else facts.ingresses
        found = next((each for each in known if each.name == name), None)
        return found and replace(found, namespace=wanted.controller or found.namespace)

    def _file(self, path: Path) -> Path:
        folder = Path() if self._spec.file is None else self._spec.file.parent
        return folder / path


def _is_own(spec: Spec, cluster: Cluster, item: dict[str, Any]) -> bool:
    """By its labels, whatever the file says of namespaces now."""
    name = item["metadata"]["name"]
    found = unless_forbidden(lambda: cluster.get(item["apiVersion"], item["kind"], name))
    labels = ((found or {}).get("metadata") or {}).get("labels") or {}
    return owner_of(labels) == spec.name


def _left(kind: str, name: str) -> Finding:
    return Finding(
        "place.left",
        f"the {kind} {name} is left",
        "It was made for the deployment, and you may not delete it.",
        f"Ask an administrator for: kubectl delete {kind.lower()} {name}",
    )


def _right(cluster: Cluster, item: dict[str, Any], verb: str) -> Right:
    group = item["apiVersion"].rpartition("/")[0]
    return Right("", group, cluster.resource(item["apiVersion"], item["kind"]).plural, verb)


def _is_given(cluster: Cluster, item: dict[str, Any]) -> bool:
    if is_allowed(cluster, _right(cluster, item, "patch")):
        return False
    name = item["metadata"]["name"]
    return unless_forbidden(lambda: cluster.get(item["apiVersion"], item["kind"], name)) is not None
