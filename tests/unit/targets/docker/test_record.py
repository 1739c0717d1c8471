"""What is remembered of a cluster that was made here: by it one is made anew, and volumes are deleted, or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import CommandError
from airstrip.events import discard
from airstrip.targets.docker.cluster import DockerCluster
from airstrip.targets.docker.record import read_record
from airstrip.targets.docker.target import DockerTarget
from tests.unit.targets.docker.stand_in import Machine, binds_of, maker_of, spec_of


def first_words(machine: Machine) -> list[str]:
    return [" ".join(text.split()[:2]) for text in machine.told]


def cut_off(folder: Path, place: str, *, left: bool = True) -> tuple[DockerCluster, Machine]:
    """As it is when the program itself was killed, or failed; `left` says whether its container is there."""
    spec = spec_of(folder, place)
    machine = Machine(maker_of(spec), fails="create" if place == "kind" else "start")
    cluster = DockerCluster(spec, machine.maker, machine.programs)
    with pytest.raises(CommandError):
        cluster.ensure(discard)
    machine.fails, machine.told = "", []
    machine.binds = binds_of(machine.maker) if left else None
    return cluster, machine


def killed(folder: Path, place: str) -> tuple[DockerCluster, Machine]:
    """Nobody was left to look at the container."""
    cluster, machine = cut_off(folder, place)
    cluster._remember("", ready=False)
    return cluster, machine


def test_kind_s_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    cluster, machine = killed(tmp_path, "kind")
    cluster.ensure(discard)
    assert first_words(machine) == ["kind delete", "kind create", "kind export"]
    machine.told = []
    cluster.ensure(discard)
    assert first_words(machine) == ["kind export"]


@pytest.mark.parametrize("running", [True, False])
def test_minikube_goes_on_where_it_was_cut_off_with_all_that_it_was_told(tmp_path: Path, running: bool) -> None:
    cluster, machine = killed(tmp_path, "minikube")
    machine.running = running
    cluster.ensure(discard)
    assert machine.told == [str(machine.maker.create()), str(machine.maker.write_kubeconfig())]


def test_where_nothing_is_left_of_a_creation_nothing_is_remembered(tmp_path: Path) -> None:
    cluster, machine = cut_off(tmp_path, "kind", left=False)
    assert read_record(machine.maker.client.record) is None
    machine.binds = binds_of(machine.maker)
    cluster.ensure(discard)
    assert first_words(machine) == ["kind export"]


def test_a_finished_cluster_is_not_deleted_for_the_cut_off_creation_of_another_docker_s(tmp_path: Path) -> None:
    cluster, machine = killed(tmp_path, "kind")
    machine.daemon_id = "d2"
    cluster.ensure(discard)
    assert first_words(machine) == ["kind export"]


def test_nor_for_that_of_another_name(tmp_path: Path) -> None:
    killed(tmp_path, "kind")
    spec = spec_of(tmp_path, "{kind: {cluster: other}}")
    machine = Machine(maker_of(spec), binds=binds_of(maker_of(spec)))
    DockerCluster(spec, machine.maker, machine.programs).ensure(discard)
    assert first_words(machine) == ["kind export"]


def test_nor_where_the_deployment_has_landed_or_another_container_has_the_name(tmp_path: Path) -> None:
    cluster, machine = killed(tmp_path, "kind")
    machine.namespaces = "namespace/shop\n"
    cluster.ensure(discard)
    assert first_words(machine) == ["kind export"]
    machine.namespaces, machine.told = "", []
    cluster._remember("an older one", ready=False)
    cluster.ensure(discard)
    assert first_words(machine) == ["kind export"]


def test_a_cluster_whose_files_here_are_lost_is_not_made_anew(tmp_path: Path) -> None:
    """Its database may be in it."""
    cluster, machine = killed(tmp_path, "kind")
    for lost in ("", "{", '{"other": 1}'):
        machine.told = []
        machine.maker.client.record.write_text(lost)
        cluster.ensure(discard)
        assert first_words(machine) == ["kind export"]


@pytest.mark.parametrize("place", ["kind", "minikube"])
def test_volumes_that_another_docker_may_still_run_with_are_left_and_told(tmp_path: Path, place: str) -> None:
    spec = spec_of(tmp_path, place)
    machine = Machine(maker_of(spec))
    DockerCluster(spec, machine.maker, machine.programs).ensure(discard)
    target = DockerTarget(spec, machine.maker, machine.programs)
    log = machine.maker.client.volumes / "logs" / "task.log"
    log.parent.mkdir()
    log.write_text("x")
    machine.daemon_id, machine.binds = "d2", None
    (left,) = target.destroy(discard, data=True)
    assert (left.code, log.exists()) == ("place.leftovers", True)
    # Of the same Docker, one that is gone was deleted by hand.
    machine.daemon_id = "d1"
    assert list(target.destroy(discard, data=True)) == []
    assert not log.exists()


def test_a_cluster_that_is_given_takes_no_volumes_of_one_that_was_made_here(tmp_path: Path) -> None:
    made = spec_of(tmp_path, "kind")
    machine = Machine(maker_of(made))
    DockerCluster(made, machine.maker, machine.programs).ensure(discard)
    (machine.maker.client.volumes / "logs").mkdir()
    given = spec_of(tmp_path, "{kind: {cluster: lab}}")
    machine.maker, machine.binds = maker_of(given), None
    (left,) = DockerTarget(given, machine.maker, machine.programs).destroy(discard, data=True)
    assert left.code == "place.leftovers"
    assert (machine.maker.client.volumes / "logs").is_dir()
