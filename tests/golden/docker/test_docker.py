"""Each folder: a file, and every command of kind or minikube that it leads to, with what is mounted and the volumes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airstrip.manifests import format_document
from airstrip.process import Command
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_program
from airstrip.targets.docker.folders import NodeFolders, given_folders
from airstrip.targets.docker.programs import ClusterProgram
from airstrip.targets.docker.spec import KindSpec, MinikubeSpec
from airstrip.targets.node_folders import build_cluster_objects

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/spec.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_commands_and_volumes(case: Path, golden: Callable[[Path, str], None]) -> None:
    spec = load_spec(case / "spec.yaml", TARGET_SPECS)
    assert isinstance(spec.target, KindSpec | MinikubeSpec)
    maker = make_program(spec, spec.target)
    text = "".join([*commands(maker), *objects(spec, maker, maker.folders)])
    golden(case / "commands.txt", text.replace(str(case), "FOLDER"))


def test_in_a_cluster_that_is_given_all_folders_are_the_node_s(golden: Callable[[Path, str], None]) -> None:
    case = Path(__file__).parent / "kind-image"
    spec = load_spec(case / "spec.yaml", TARGET_SPECS)
    assert isinstance(spec.target, KindSpec)
    given = "".join(objects(spec, make_program(spec, spec.target), given_folders(spec)))
    golden(case / "given.txt", given)


def commands(maker: ClusterProgram) -> Iterator[str]:
    archive = Path("/cache/image.tar")
    for name, command in {
        "create": maker.create(),
        "start": maker.start(),
        "kubeconfig": maker.write_kubeconfig(),
        "load": maker.load(archive),
        "delete": maker.delete(),
    }.items():
        yield f"# {name}\n{variables(command)}{command}\n"
        yield (command.stdin or b"").decode()


def variables(command: Command) -> str:
    return "".join(f"{name}={value} " for name, value in command.env.items())


def objects(spec: Spec, maker: ClusterProgram, folders: NodeFolders) -> Iterator[str]:
    yield f"# DAGs: {folders.link} -> {folders.linked}\n"
    for item in build_cluster_objects(spec, folders.by_purpose(spec), maker.container):
        yield f"---\n{format_document(item)}"
