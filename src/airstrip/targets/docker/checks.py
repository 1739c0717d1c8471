"""What keeps a deployment out of a cluster in Docker, as far as it is known before one is made."""

from __future__ import annotations

import os
from collections.abc import Iterator

from airstrip.findings import Finding
from airstrip.spec import Spec
from airstrip.targets.docker.node import NodeFact
from airstrip.targets.docker.programs import ClusterProgram


def problems_of(spec: Spec, maker: ClusterProgram, node: NodeFact | None, *, is_ours: bool) -> Iterator[Finding]:
    """`node` is None where there is no cluster yet: then ours will be."""
    yield from _of_folder(spec, maker)
    yield from _of_exposure(spec, maker)
    if node is not None and not is_ours:
        yield from _taken(spec, maker, node)
    yield from _of_live_folder(spec, maker, node, is_ours=is_ours)


def _of_folder(spec: Spec, maker: ClusterProgram) -> Iterator[Finding]:
    beside, live = maker.client.beside, spec.dags.live_folder
    if os.geteuid() == 0 and beside.stat().st_uid != 0:
        yield Finding(
            "place.not-yours",
            f"{beside} is another user's, and root leaves no files there",
            "The cluster's kubeconfig and the folders of its volumes are in .airstrip beside the file.",
            "Run it as that user, in the group docker: it needs no root.",
        )
    if with_colon := next((folder for folder in (beside, live) if ":" in str(folder or "")), None):
        yield Finding(
            "place.bad-folder",
            f"Docker cannot mount a folder with a colon in its name: {with_colon}",
            "It separates the folder from what the node calls it.",
            "Move the file and its DAGs to another folder.",
        )


def _of_exposure(spec: Spec, maker: ClusterProgram) -> Iterator[Finding]:
    if not spec.expose.is_private:
        yield Finding(
            "expose.not-here",
            f"{maker.program} is reached from this machine, by ./airstrip open, and there is no other way in",
            "No ingress controller and no load balancer comes with it.",
            "Remove expose, or write {port: 8080}; or name the cluster as target: {context: …}.",
        )


def _taken(spec: Spec, maker: ClusterProgram, node: NodeFact) -> Iterator[Finding]:
    """One that the file names is used as it is, but never one that another deployment made for itself."""
    if maker_folder := node.maker_folder:
        yield Finding(
            "place.taken",
            f"the {maker.program} cluster {maker.cluster} is that of a deployment in {maker_folder}",
            "It was made there for that deployment alone, which deletes it with its data.",
            f"Run it there; or write another name; or a cluster of another name: target: {{{maker.program}: "
            "{cluster: …}}.",
        )
    elif getattr(spec.target, "cluster", None) != maker.cluster:
        yield Finding(
            "place.taken",
            f"the {maker.program} cluster {maker.cluster} is there, and {spec.name} did not make it",
            "Somebody made it by hand.",
            f"Write another name; or, to use it as it is: target: {{{maker.program}: {{cluster: {maker.cluster}}}}}.",
        )
    if not node.running:
        yield Finding(
            "place.not-running",
            f"the {maker.program} cluster {maker.cluster} does not run",
            "Somebody stopped it, and it is not ours to start.",
            f"Start it: {maker.start()}",
        )


def _of_live_folder(spec: Spec, maker: ClusterProgram, node: NodeFact | None, *, is_ours: bool) -> Iterator[Finding]:
    live = spec.dags.live_folder
    if live is None:
        return
    others = "dags: {volume: {path: …}} and ./airstrip dags push; or dags: {git: …}; or dags: {image: {path: …}}"
    if maker.folders.live is None:
        yield Finding(
            "dags.not-mountable",
            f"dags.path is not below the folder of the file: {live}",
            f"{maker.program} takes one folder of this machine, which is {maker.client.beside}.",
            f"Move it there; or write {others}.",
        )
    elif node is not None and not (is_ours and all(node.has(mount) for mount in maker.mounts)):
        yield Finding(
            "place.other-folders",
            f"the {maker.program} cluster {maker.cluster} does not have the folder {live}",
            "Folders come into the node when it is made." if is_ours else "Somebody else made it.",
            f"Write {others}" + ("; or make it anew, its data goes: ./airstrip down --data" if is_ours else "") + ".",
        )
