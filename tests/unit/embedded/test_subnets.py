from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airstrip.embedded.choice import choose_config, keep_choice, read_choice
from airstrip.embedded.config import NodeConfig, check_paths
from airstrip.embedded.subnets import carve, overlapping, parse_routes, propose_subnets
from airstrip.errors import NodeError

_EVERYTHING = (IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("198.18.0.0/15"))


@settings(deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_proposal_is_stable_private_and_without_overlap(name: str) -> None:
    subnets = propose_subnets(name, ())
    own = (subnets.link, subnets.pods, subnets.services)
    assert subnets == propose_subnets(name, ())
    assert subnets.link.prefixlen == 30
    assert all(network.is_private for network in own)
    assert not any(one.overlaps(two) for one in own for two in own if one is not two)


def test_taken_network_is_avoided() -> None:
    first = propose_subnets("airflow", ())
    second = propose_subnets("airflow", (first.pods,))
    assert second != first
    assert not overlapping(second, (first.pods,))


def test_a_vpn_that_takes_10_leaves_other_private_networks() -> None:
    subnets = propose_subnets("airflow", (IPv4Network("10.0.0.0/8"),))
    assert not overlapping(subnets, (IPv4Network("10.0.0.0/8"),))


def test_no_free_network_is_an_error_with_a_fix() -> None:
    with pytest.raises(NodeError) as error:
        propose_subnets("airflow", _EVERYTHING)
    assert error.value.code == "node.subnets-taken"
    assert error.value.fix


def test_addresses_of_a_block() -> None:
    subnets = carve(IPv4Network("10.77.0.0/16"))
    assert (str(subnets.host), str(subnets.node)) == ("10.77.255.253", "10.77.255.254")
    assert str(subnets.kubernetes_service) == "10.77.128.1"
    assert str(subnets.dns_service) == "10.77.128.10"
    assert str(subnets.pods) == "10.77.0.0/22"


def test_routes_without_defaults_loopback_and_our_own_interface() -> None:
    routes: list[dict[str, object]] = [
        {"dst": "default", "dev": "eth0"},
        {"dst": "192.0.2.0/24", "dev": "eth0"},
        {"type": "local", "dst": "192.0.2.2", "dev": "eth0"},
        {"type": "broadcast", "dst": "192.0.2.255", "dev": "eth0"},
        {"type": "local", "dst": "127.0.0.0/8", "dev": "lo"},
        {"dst": "10.1.0.0/22", "dev": "airstrip0"},
    ]
    found = parse_routes(routes, "airstrip0")
    assert [str(network) for network in found] == ["192.0.2.0/24", "192.0.2.2/32"]


def test_choice_is_kept(tmp_path: Path) -> None:
    assert read_choice(tmp_path) is None
    config = NodeConfig("demo", tmp_path, tmp_path, tmp_path, carve(IPv4Network("10.77.0.0/16")))
    keep_choice(config)
    assert choose_config("demo", tmp_path, tmp_path, tmp_path).subnets == config.subnets


def test_long_run_folder_is_refused_with_a_fix() -> None:
    subnets = propose_subnets("demo", ())
    check_paths(NodeConfig("demo", Path("/s"), Path("/run/airstrip/demo"), Path("/b"), subnets))
    with pytest.raises(NodeError) as error:
        check_paths(NodeConfig("demo", Path("/s"), Path("/tmp/" + "x" * 90), Path("/b"), subnets))
    assert error.value.code == "node.path-too-long"
    assert "AIRSTRIP_RUN_DIR" in error.value.fix


def test_two_states_of_one_name_differ_in_interface_and_cgroup() -> None:
    subnets = propose_subnets("demo", ())
    one = NodeConfig("demo", Path("/a/demo"), Path("/r"), Path("/b"), subnets)
    two = NodeConfig("demo", Path("/b/demo"), Path("/r"), Path("/b"), subnets)
    assert one.identifier != two.identifier
    assert one.cgroup != two.cgroup
    assert len(one.identifier) <= 15
