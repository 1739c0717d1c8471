"""A cluster of kind or minikube: made where there is none, found again, taken away where it was made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from airstrip.errors import AirstripError, CheckError
from airstrip.events import discard
from airstrip.findings import Finding
from airstrip.spec import Spec
from airstrip.targets.docker.cluster import DockerCluster
from airstrip.targets.docker.record import Record, write_record
from airstrip.targets.docker.target import DockerTarget
from tests.unit.targets.docker.stand_in import Machine, binds_of, maker_of, spec_of

PLACES = ("kind", "minikube")


def of(spec: Spec, machine: Machine) -> DockerCluster:
    return DockerCluster(spec, machine.maker, machine.programs)


@pytest.mark.parametrize("place", PLACES)
def test_one_that_is_not_there_is_made_and_the_next_time_found(tmp_path: Path, place: str) -> None:
    spec = spec_of(tmp_path, place)
    machine = Machine(maker_of(spec))
    made = of(spec, machine).ensure(discard)
    assert machine.told == [str(machine.maker.create()), str(machine.maker.write_kubeconfig())]
    assert of(spec, machine).is_ours(made)
    assert machine.maker.client.volumes.is_dir()
    assert (tmp_path / ".airstrip" / ".gitignore").read_text() == "*\n"
    machine.told.clear()
    assert of(spec, machine).ensure(discard) == made
    assert machine.told == [str(machine.maker.write_kubeconfig())]


@pytest.mark.parametrize("place", PLACES)
def test_one_that_is_stopped_is_started(tmp_path: Path, place: str) -> None:
    spec = spec_of(tmp_path, place)
    machine = Machine(maker_of(spec), binds=binds_of(maker_of(spec)), running=False)
    of(spec, machine).ensure(discard)
    assert machine.told[0] == str(machine.maker.start())


@pytest.mark.parametrize("place", PLACES)
def test_down_leaves_the_cluster_and_with_data_deletes_what_was_made_here(tmp_path: Path, place: str) -> None:
    spec = spec_of(tmp_path, place)
    machine = Machine(maker_of(spec))
    of(spec, machine).ensure(discard)
    (machine.maker.client.kubeconfig).write_text("x")
    target = DockerTarget(spec, machine.maker, machine.programs)
    machine.told.clear()
    assert target.owns_cluster is True
    assert target.destroy(discard, data=False) == ()
    assert machine.told == []
    assert list(target.destroy(discard, data=True)) == []
    # What pods wrote is deleted by the node's root: whoever asks may not.
    assert machine.told[0].startswith(f"docker exec {machine.maker.container} sh -c")
    assert "crictl" in machine.told[0]
    assert "find" in machine.told[1]
    assert machine.told[2] == str(machine.maker.delete())
    assert list(machine.maker.client.folder.iterdir()) == []
    assert target.destroy(discard, data=True) == []


@pytest.mark.parametrize("place", PLACES)
def test_one_that_was_there_before_is_not_started(tmp_path: Path, place: str) -> None:
    spec = spec_of(tmp_path, f"{{{place}: {{cluster: lab}}}}")
    machine = Machine(maker_of(spec), binds=["/somewhere:/else"], running=False)
    assert refused(spec, machine).code == "place.not-running"
    assert machine.told == []


def test_that_of_another_deployment_in_the_same_folder_is_not_ours(tmp_path: Path) -> None:
    other = spec_of(tmp_path, "minikube").model_copy(update={"name": "other"})
    spec = spec_of(tmp_path, "{minikube: {cluster: airstrip-other}}")
    machine = Machine(maker_of(spec), binds=binds_of(maker_of(other)))
    assert DockerTarget(spec, machine.maker, machine.programs).owns_cluster is False


def refused(spec: Spec, machine: Machine) -> Finding:
    """The first of what is told."""
    with pytest.raises(CheckError) as raised:
        DockerTarget(spec, machine.maker, machine.programs).check()
    assert raised.value.code == "place.unsuitable"
    return raised.value.findings[0]


@pytest.mark.parametrize("place", PLACES)
def test_programs_that_are_missing_are_told_together(tmp_path: Path, place: str) -> None:
    spec = spec_of(tmp_path, place)
    error = refused(spec, Machine(maker_of(spec), installed=()))
    assert error.code == "place.programs-missing"
    assert error.symptom.endswith(f"docker, {place}")
    assert "docker (" in error.fix
    assert f"{place} (" in error.fix


def test_a_docker_that_does_not_answer_is_told_with_its_words(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "kind")
    error = refused(spec, Machine(maker_of(spec), daemon=False))
    assert (error.code, error.cause) == ("place.docker-silent", "Cannot connect to it")


def test_another_machine_s_docker_is_refused(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "kind")
    machine = Machine(maker_of(spec), endpoint="ssh://me@elsewhere")
    assert refused(spec, machine).code == "place.other-machine"
    machine = Machine(maker_of(spec), environment={"DOCKER_HOST": "tcp://192.0.2.1:2375"})
    assert refused(spec, machine).code == "place.other-machine"
    machine.environment["DOCKER_HOST"] = "unix:///run/user/1000/docker.sock"
    of(spec, machine).check()


def test_docker_without_root_is_refused(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "kind")
    machine = Machine(maker_of(spec), security="[name=seccomp,profile=builtin name=rootless]")
    assert refused(spec, machine).code == "place.rootless"


def test_minikube_is_not_for_root(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "minikube")
    assert refused(spec, Machine(maker_of(spec), user=0)).code == "place.not-for-root"
    spec = spec_of(tmp_path, "kind")
    DockerTarget(spec, maker_of(spec), Machine(maker_of(spec), user=0).programs).check()


def test_a_cluster_of_that_name_is_taken_only_where_the_file_names_it(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "kind")
    assert refused(spec, Machine(maker_of(spec), binds=[])).code == "place.taken"
    spec = spec_of(tmp_path, "{kind: {cluster: airstrip-shop}}")
    of(spec, Machine(maker_of(spec), binds=[])).check()


@pytest.mark.parametrize("place", PLACES)
def test_that_of_a_deployment_in_another_folder_is_refused_even_by_name(tmp_path: Path, place: str) -> None:
    (tmp_path / "here").mkdir()
    other = binds_of(maker_of(spec_of(tmp_path, place)))
    for target in (place, f"{{{place}: {{cluster: airstrip-shop}}}}"):
        spec = spec_of(tmp_path / "here", target)
        machine = Machine(maker_of(spec), binds=other)
        error = refused(spec, machine)
        assert error.code == "place.taken"
        assert error.symptom.endswith(f" in {tmp_path}")
        assert machine.told == []


def test_another_folder_of_dags_does_not_come_into_a_node_that_is_there(tmp_path: Path) -> None:
    for name in ("dags", "others"):
        (tmp_path / name).mkdir()
    before = spec_of(tmp_path, "kind", "dags: {path: dags}\n")
    machine = Machine(maker_of(before), binds=binds_of(maker_of(before)))
    DockerTarget(before, machine.maker, machine.programs).check()
    after = spec_of(tmp_path, "kind", "dags: {path: others}\n")
    machine.maker = maker_of(after)
    assert refused(after, machine).code == "place.other-folders"
    # minikube has the file's whole folder.
    before, after = (spec_of(tmp_path, "minikube", f"dags: {{path: {name}}}\n") for name in ("dags", "others"))
    machine = Machine(maker_of(after), binds=binds_of(maker_of(before)))
    DockerTarget(after, machine.maker, machine.programs).check()


@pytest.mark.parametrize("folder", ["a:b", "."])
def test_no_mounted_folder_has_a_colon_in_its_name(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    spec = spec_of(tmp_path / folder, "kind", "dags: {path: 'd:e'}\n")
    assert refused(spec, Machine(maker_of(spec))).code == "place.bad-folder"


def test_minikube_takes_no_folder_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    spec = spec_of(tmp_path / "here", "minikube", "dags: {path: ../dags}\n")
    assert refused(spec, Machine(maker_of(spec))).code == "dags.not-mountable"


def test_all_problems_are_told(tmp_path: Path) -> None:
    more = "expose: {ingress: {host: a.example.com, tls: none}}\n"
    spec = spec_of(tmp_path, "kind", more)
    machine = Machine(maker_of(spec), installed=())
    with pytest.raises(CheckError) as raised:
        DockerTarget(spec, machine.maker, machine.programs).check()
    assert [each.code for each in raised.value.findings] == ["place.programs-missing", "expose.not-here"]


def test_a_folder_of_dags_must_be_there(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "kind", "dags: {path: dags}\n")
    machine = Machine(maker_of(spec))
    with pytest.raises(AirstripError) as raised:
        DockerTarget(spec, machine.maker, machine.programs).check()
    assert raised.value.code == "dags.no-folder"


@pytest.mark.parametrize("place", PLACES)
def test_plan_says_what_would_be_made(tmp_path: Path, place: str) -> None:
    spec = spec_of(tmp_path, place)
    machine = Machine(maker_of(spec))
    target = DockerTarget(spec, machine.maker, machine.programs)
    assert target.describe() is None
    (line,) = target.plan()
    assert line.startswith(f"make the {place} cluster airstrip-shop")
    assert str(tmp_path) in line
    machine.binds, machine.running = binds_of(machine.maker), False
    machine.maker.client.volumes.mkdir(parents=True)
    write_record(machine.maker.client.record, Record("airstrip-shop", "d1"))
    (line,) = target.plan()
    assert ("anew" if place == "kind" else "go on") in line
    machine.running = True
    write_record(machine.maker.client.record, Record("airstrip-shop", "d1", "c1", ready=True))
    machine.maker.client.kubeconfig.write_text("x")
    assert target.plan() == ()
    assert machine.told == []


def test_without_programs_a_place_is_stopped_and_nobody_crashes(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "kind")
    target = DockerTarget(spec, maker_of(spec), Machine(maker_of(spec), installed=()).programs)
    assert (target.condition(), target.facts().state) == ("stopped", "stopped")


def test_pods_reach_this_machine_by_the_gateway_of_the_node_s_network(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "kind", "expose: {port: 9090}\n")
    machine = Machine(maker_of(spec), binds=binds_of(maker_of(spec)))
    found = of(spec, machine).look()
    assert found is not None
    assert found.gateway == "172.18.0.1"
    preview = DockerTarget(spec, machine.maker, machine.programs).preview()
    assert (preview.base_url, preview.is_forwarded, bool(preview.host_address)) == ("http://localhost:9090", True, True)
