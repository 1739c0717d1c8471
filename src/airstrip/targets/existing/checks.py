"""What keeps a deployment out of a cluster, and what its owner should know: pure, from what the cluster said."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence

from airstrip.findings import Finding
from airstrip.spec import Spec
from airstrip.targets.existing.cluster_facts import ClusterFacts, NamespaceFact
from airstrip.targets.existing.spec import ContextSpec
from airstrip.targets.existing.storage_checks import class_problems, sharing_problems

OLDEST, NEWEST = (1, 30), (1, 35)
"""Kubernetes' versions that Airflow 3.3 lists. https://airflow.apache.org/docs/apache-airflow/3.3.2/"""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""As nodes call what a machine calls itself."""
_ARCHITECTURE = "kubernetes.io/arch"

Namespaces = Mapping[str, NamespaceFact | None]
"""By name; None: not there. One that we may not look at is not among them."""


def problems_of(spec: Spec, place: ContextSpec, facts: ClusterFacts, namespaces: Namespaces) -> tuple[Finding, ...]:
    """What must be mended first, all of it."""
    return (
        *problems_anywhere(spec, facts, namespaces),
        *_other_architecture(spec, facts),
        *class_problems(spec, place, facts),
        *sharing_problems(spec, place, facts),
        *_no_ingress(spec, facts),
        *_no_registry(spec),
        *_live_folder(spec, place),
    )


def problems_anywhere(spec: Spec, facts: ClusterFacts, namespaces: Namespaces) -> tuple[Finding, ...]:
    """Of a cluster on this machine, too."""
    return (*_too_old(facts), *_absent(spec, namespaces), *_not_ours(spec, namespaces))


def warnings_of(spec: Spec, facts: ClusterFacts, namespaces: Namespaces) -> tuple[Finding, ...]:
    return (
        *_too_new(facts),
        *_mixed(spec, facts),
        *_open(spec, namespaces),
        *_limited(namespaces),
        *_not_enforced(spec, facts),
    )


def _too_old(facts: ClusterFacts) -> Iterator[Finding]:
    if facts.minor < OLDEST:
        yield Finding(
            "cluster.too-old",
            f"the cluster is Kubernetes {facts.version}, and Airflow 3.3 needs {_dotted(OLDEST)} or newer",
            "Its API lacks what Airflow and these objects use.",
            "Upgrade the cluster, or name the context of another one.",
        )


def _other_architecture(spec: Spec, facts: ClusterFacts) -> Iterator[Finding]:
    """What is built is for this machine; of a ready image only its registry knows."""
    own = _own()
    if not spec.image.ref and facts.architectures and own not in facts.architectures:
        yield Finding(
            "cluster.other-architecture",
            f"the cluster's nodes are {', '.join(facts.architectures)}, and images are built here for {own}",
            "An image runs on the architecture that it was built for.",
            "Run this on a machine of theirs; or name a ready image: image.ref.",
        )


def _too_new(facts: ClusterFacts) -> Iterator[Finding]:
    if facts.minor > NEWEST:
        yield Finding(
            "cluster.not-listed",
            f"the cluster is Kubernetes {facts.version}, which Airflow 3.3 does not list",
            f"It is tested by its makers with {_dotted(OLDEST)} to {_dotted(NEWEST)}.",
            "Run ./airstrip verify after up, and after each upgrade.",
        )


def _own() -> str:
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def _mixed(spec: Spec, facts: ClusterFacts) -> Iterator[Finding]:
    """Silent for who has thought of it."""
    is_known = any(_ARCHITECTURE in each.node_selector for each in spec.components.values())
    if not spec.image.ref and len(facts.architectures) > 1 and not is_known:
        yield Finding(
            "cluster.mixed-architectures",
            f"the cluster's nodes are {', '.join(facts.architectures)}, and images are built here for {_own()}",
            "A pod on a node of another architecture ends with an exec format error.",
            f"Write nodeSelector: {{{_ARCHITECTURE}: {_own()}}} under each of components; or taint other nodes.",
        )


def _absent(spec: Spec, namespaces: Namespaces) -> Iterator[Finding]:
    if spec.namespaces.create:
        return
    for name, found in namespaces.items():
        if found is None:
            yield Finding(
                "namespace.absent",
                f"the namespace {name} is not there",
                "The file says that namespaces are given: namespaces: {create: false}.",
                f"Ask an administrator for: kubectl create namespace {name}",
            )


def _not_ours(spec: Spec, namespaces: Namespaces) -> Iterator[Finding]:
    """One that `up` labels and `down --data` deletes must be the deployment's own; of projects' a check tells more."""
    own = {spec.namespaces.control, spec.namespaces.workers} if spec.namespaces.create else set()
    for name, found in namespaces.items():
        if name in own and found is not None and found.owner != spec.name:
            yield Finding(
                "namespace.not-ours",
                f"the namespace {name} is there already, and {spec.name} did not make it",
                f"It was made for the deployment {found.owner}." if found.owner else "Somebody else made it.",
                f"Write another one: namespaces: {{control: …, workers: …}}; or, to land in {name} as it is and leave "
                "it at the end: namespaces: {create: false}.",
            )


def _no_ingress(spec: Spec, facts: ClusterFacts) -> Iterator[Finding]:
    wanted = spec.expose.ingress
    if wanted is None:
        return
    if facts.ingresses is None:
        if wanted.allow or not (wanted.ingress_class and (wanted.controller or wanted.callers)):
            yield Finding(
                "ingress.class-unknown",
                "you may not list the cluster's ingress classes, which tell what its controllers are",
                "A list of allowed addresses is told to each in its own way, and Airflow's NetworkPolicy names theirs.",
                "Ask for the right to list ingressclasses; or write expose: {ingress: {class: NAME, controller: "
                "NAMESPACE}}, without allow.",
            )
        return
    names = [each.name for each in facts.ingresses]
    name = wanted.ingress_class or facts.default_ingress
    found = next((each for each in facts.ingresses if each.name == name), None)
    if found is None:
        yield Finding(
            "ingress.no-class",
            f"the cluster has no ingress class {name}" if name else "the cluster has no default ingress class",
            f"It has: {', '.join(names) or 'none'}.",
            "Write one of them: expose: {ingress: {class: NAME}}; or install an ingress controller.",
        )
    elif not (wanted.controller or wanted.callers or found.namespace):
        yield Finding(
            "ingress.controller-unknown",
            f"the ingress class {found.name} does not tell where its controller's pods are",
            "Airflow's NetworkPolicy lets them in, and no other pods of the cluster.",
            "Write their namespace: expose: {ingress: {controller: NAMESPACE}}; or, of one outside of the cluster, "
            "its addresses: expose: {ingress: {from: [192.0.2.0/24]}}.",
        )


def _no_registry(spec: Spec) -> Iterator[Finding]:
    if not spec.image.registry:
        yield Finding(
            "image.no-registry",
            "the file names no registry that the cluster's nodes can pull images from",
            "Airflow's and PostgreSQL's images are built on this machine.",
            "Write image: {registry: HOST/PATH}, where you may push and the nodes may pull.",
        )


def _live_folder(spec: Spec, place: ContextSpec) -> Iterator[Finding]:
    if spec.dags.live_folder is not None:
        yield Finding(
            "dags.no-live-folder",
            f"dags.path is a folder of this machine, which the nodes of {place.place} cannot see",
            "A folder is live where the cluster is on this machine: target local.",
            "Write dags: {volume: {path: …}} and ./airstrip dags push; or dags: {git: …}; or dags: {image: {path: …}}.",
        )


def not_alone(strangers: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Of namespaces that are given, before the first landing: later there are pods that tasks made."""
    for name, pods in strangers.items():
        yield Finding(
            "namespace.not-alone",
            f"the namespace {name} has pods that are not Airflow's: {', '.join(pods[:3])}{' …' if pods[3:] else ''}",
            "Airflow's NetworkPolicies are for all pods of its namespaces: these would be cut off.",
            "Ask for namespaces of Airflow's own, and write them: namespaces: {control: …, workers: …}.",
        )


def _open(spec: Spec, namespaces: Namespaces) -> Iterator[Finding]:
    """Of namespaces that we make the label is ours."""
    if spec.namespaces.create:
        return
    for name, found in namespaces.items():
        if found is not None and found.level != "restricted":
            yield Finding(
                "namespace.not-restricted",
                f"the namespace {name} enforces {found.level or 'no'} pod security",
                "Its administrator did not label it; task pods may be made with more rights than they need.",
                f"Ask for: kubectl label namespace {name} pod-security.kubernetes.io/enforce=restricted",
            )


def _limited(namespaces: Namespaces) -> Iterator[Finding]:
    for name, found in namespaces.items():
        if found is not None and found.limited:
            yield Finding(
                "namespace.limited",
                f"the namespace {name} has a quota or a limit range",
                "Airflow's pods, and each task's, count against it.",
                f"See that it is large enough: kubectl describe namespace {name}",
            )


def _not_enforced(spec: Spec, facts: ClusterFacts) -> Iterator[Finding]:
    if facts.enforces_policies:
        return
    # Of an ingress Airflow believes who calls (decision 0082): without policies any pod may be that.
    open_to = " Then any pod may reach Airflow, and make up whom it calls for." if spec.expose.ingress else ""
    if facts.enforces_policies is False:
        yield Finding(
            "network.not-enforced",
            "the cluster's network enforces no NetworkPolicy",
            f"Its plugin has no enforcer, or it is off.{open_to}",
            "Ask for one that does, such as Calico or Cilium.",
        )
    else:
        yield Finding(
            "network.not-enforced",
            "nothing tells whether the cluster enforces NetworkPolicies",
            f"No network plugin that is known for it was found.{open_to}",
            "After up, pods try it: ./airstrip verify",
        )


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
