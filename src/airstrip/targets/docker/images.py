"""How images get into the node: by an archive that the cluster's own program loads."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from airstrip.embedded import read_layout, write_archive
from airstrip.errors import ImageError
from airstrip.events import Emit, step
from airstrip.paths import cache_dir
from airstrip.targets.docker.node import Node
from airstrip.targets.docker.programs import ClusterProgram


def load_image(maker: ClusterProgram, node: Node, layout: Path, reference: str, emit: Emit) -> bool:
    """Puts the one image of an OCI layout into the node under `reference`; False when it is there.

    Raises ImageError where the program said nothing wrong, and it is not there all the same.
    """
    digest = str(read_layout(layout)["digest"])
    if _is_there(node, reference, digest):
        return False
    title = f"Load {reference.partition('@')[0]} into {maker.cluster}"
    cache_dir().mkdir(parents=True, exist_ok=True)
    with step(emit, "place.image", title) as progress, TemporaryDirectory(dir=cache_dir()) as folder:
        archive = Path(folder) / "image.tar"
        size = write_archive(layout, reference, archive)
        node.programs.run(maker.load(archive))
        progress.note = f"{size / 1e6:.0f} MB"
    if not _is_there(node, reference, digest):
        raise ImageError(
            "image.not-loaded",
            f"{maker.program} loaded {reference}, and the node {node.name} does not have it",
            cause="Its disk may be full, or its containerd took it for another architecture.",
            fix=f"See what it has: docker exec {node.name} ctr --namespace k8s.io images list; and its disk: "
            f"docker exec {node.name} df -h /var",
        )
    return True


def _is_there(node: Node, reference: str, digest: str) -> bool:
    """One that is there by another name gets this one too."""
    known = node.images()
    if known.get(reference) == digest:
        return True
    others = [name for name, of in known.items() if of == digest]
    if others:
        node.tag(others[0], reference)
    return bool(others)
