"""Whether a cluster's storage classes carry a deployment's volumes: pure, from what the cluster said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airstrip.findings import Finding
from airstrip.spec import Spec
from airstrip.targets.existing.cluster_facts import ClusterFacts
from airstrip.targets.existing.spec import ContextSpec

_FILES = (
    "cephfs.csi.ceph.com",
    "efs.csi.aws.com",
    "file.csi.azure.com",
    "filestore.csi.storage.gke.io",
    "fss.csi.oraclecloud.com",
)
_DISKS = (
    "blockvolume.csi.oraclecloud.com",
    "cinder.csi.openstack.org",
    "disk.csi.azure.com",
    "ebs.csi.aws.com",
    "ebs.csi.eks.amazonaws.com",
    "kubernetes.io/aws-ebs",
    "kubernetes.io/gce-pd",
    "pd.csi.storage.gke.io",
    "rancher.io/local-path",
    "rbd.csi.ceph.com",
)
"""Provisioners of volumes that pods on several nodes can write, and of those that one node has at a time."""


def class_problems(spec: Spec, place: ContextSpec, facts: ClusterFacts) -> Iterator[Finding]:
    """A default class is for our own database's volume alone."""
    known, needs_default = facts.storage_classes, place.storage_class is None and not spec.database.url
    if known is None:
        if needs_default:
            yield Finding(
                "storage.class-unknown",
                "you may not list the cluster's storage classes, and the database needs a volume of one",
                "Which one is the default only they tell.",
                f"Ask for its name, and write target: {{{place.place}: {{storageClass: NAME}}}}.",
            )
        return
    shared = place.shared.storage_class if place.shared else None
    for wanted in dict.fromkeys(filter(None, (place.storage_class, shared))):
        if wanted not in known:
            yield Finding(
                "storage.no-class",
                f"the cluster has no storage class {wanted}",
                f"It has: {', '.join(known) or 'none'}.",
                f"Write one of them under target.{place.place}, or let an administrator make it.",
            )
    if needs_default and facts.default_class is None:
        yield Finding(
            "storage.no-default-class",
            "the cluster has no default storage class, and the database needs a volume",
            f"Its classes are: {', '.join(known) or 'none'}.",
            f"Write target: {{{place.place}: {{storageClass: NAME}}}}.",
        )


def sharing_problems(spec: Spec, place: ContextSpec, facts: ClusterFacts) -> Iterator[Finding]:
    classes = facts.storage_classes or {}
    many = [name for name, provisioner in classes.items() if is_shareable(provisioner)]
    if place.shared is None:
        yield Finding(
            "volume.not-shareable",
            "the file does not say what is behind the volumes that several pods share",
            "Logs, and data of projects, are written in one pod and read in another. Classes of the cluster that are "
            f"known for it: {', '.join(many) or 'none'}.",
            f"Write target: {{{place.place}: {{shared: {{nfs: {{server: …, path: …}}}}}}}}; or shared: {{class: NAME}} "
            "with one namespace.",
        )
    elif place.shared.storage_class and spec.namespaces.control != spec.namespaces.workers:
        yield Finding(
            "volume.not-shareable",
            f"claims of the class {place.shared.storage_class} in two namespaces are two volumes",
            "A claim belongs to one namespace, and a storage class makes a new volume for each claim.",
            f"Write namespaces: {{workers: {spec.namespaces.control}}}; or shared: {{nfs: …}}.",
        )
    elif is_shareable(classes.get(place.shared.storage_class or "", "")) is False:
        yield Finding(
            "volume.not-shareable",
            f"a volume of the class {place.shared.storage_class} is on one node at a time",
            f"Its provisioner, {classes[place.shared.storage_class or '']}, makes disks. Known to be shared: "
            f"{', '.join(many) or 'none of the cluster'}.",
            f"Write target: {{{place.place}: {{shared: {{class: NAME}}}}}} of another class; or shared: {{nfs: …}}.",
        )


def is_shareable(provisioner: str) -> bool | None:
    """Whether pods on several nodes can write its volumes; no API tells, so None of those that are not known."""
    if "nfs" in provisioner or provisioner.endswith(_FILES):
        return True
    return False if provisioner.endswith(_DISKS) else None


def taken_volumes(wanted: Iterable[Mapping[str, Any]], found: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Those that are there for another claim, as of a deployment of this name elsewhere; `found` by name."""
    for item in wanted:
        name, claim = item["metadata"]["name"], item["spec"]["claimRef"]
        other = (found.get(name) or item)["spec"].get("claimRef") or {}
        if (other.get("namespace"), other.get("name")) != (claim["namespace"], claim["name"]):
            yield Finding(
                "volume.taken",
                f"the PersistentVolume {name} is there already, and not for the claim {claim['name']} of "
                f"{claim['namespace']}",
                f"It is for {other.get('name', 'any claim')} of {other.get('namespace', 'any namespace')}: a namesake "
                "made it, or somebody else.",
                f"Write another name; or, where nothing needs the volume: kubectl delete pv {name}",
            )
        elif ((found.get(name) or {}).get("status") or {}).get("phase") == "Released":
            yield Finding(
                "volume.released",
                f"the PersistentVolume {name} is still of a claim that was deleted",
                "It keeps that claim's uid, so no other one of this name is bound to it. What is behind it stays.",
                f"Ask an administrator for: kubectl patch pv {name} --type=json "
                """-p='[{"op": "remove", "path": "/spec/claimRef/uid"}]'""",
            )
