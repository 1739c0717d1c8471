from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from airstrip.embedded.components import build_network
from airstrip.embedded.supervisor import dns_relay, forward, host_firewall, host_network
from airstrip.embedded.supervisor.dns_relay import Resolvers, parse_resolv_conf, server_failure
from tests.unit.embedded.test_components import CONFIG, HOST

QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03one\x04test\x00\x00\x01\x00\x01"
ANSWER = b"\x12\x34\x81\x80an answer"


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_rules_mask_the_pods_and_close_the_way_in() -> None:
    text = host_network.table_text(build_network(CONFIG, HOST))
    assert text.startswith(f"add table ip {CONFIG.identifier} {{ flags owner;")
    assert f'ip saddr {{ 10.77.255.254, 10.77.0.0/22 }} oifname != "{CONFIG.identifier}" masquerade' in text
    assert f'oifname "{CONFIG.identifier}" ct state new drop' in text
    assert text.count("\n") == 1


def test_table_s_holder_has_no_home_to_write_into(tmp_path: Path) -> None:
    """An interactive nft leaves what it was told in ~/.nft.history."""
    nft = tmp_path / "nft"
    nft.write_text(f'#!/bin/sh\n[ "$1" = --interactive ] || exit 0\necho "$HOME" >{tmp_path}/home\ncat >/dev/null\n')
    nft.chmod(0o755)
    masquerade = host_network.Masquerade(replace(build_network(CONFIG, HOST), nft=str(nft)))
    masquerade.ensure()
    masquerade.release()
    assert (tmp_path / "home").read_text() == "/dev/null\n"


def test_forwarding_is_put_back_as_it_was(tmp_path: Path) -> None:
    setting = tmp_path / "net/ipv4/ip_forward"
    setting.parent.mkdir(parents=True)
    setting.write_text("0\n")
    host_network.enable_forwarding(tmp_path, tmp_path)
    assert setting.read_text() == "1"
    host_network.restore_forwarding(tmp_path, tmp_path, tmp_path / "interfaces")
    assert setting.read_text() == "0"
    host_network.restore_forwarding(tmp_path, tmp_path, tmp_path / "interfaces")


def test_a_note_that_was_cut_off_is_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / "host-settings.json").write_text("")
    host_network.restore_forwarding(tmp_path, tmp_path, tmp_path / "interfaces")
    assert not (tmp_path / "host-settings.json").exists()


def test_forwarding_that_was_on_stays_on(tmp_path: Path) -> None:
    setting = tmp_path / "net/ipv4/ip_forward"
    setting.parent.mkdir(parents=True)
    setting.write_text("1\n")
    host_network.enable_forwarding(tmp_path, tmp_path)
    host_network.restore_forwarding(tmp_path, tmp_path, tmp_path / "interfaces")
    assert setting.read_text() == "1\n"


def test_note_of_an_earlier_start_is_not_lost(tmp_path: Path) -> None:
    """After a power cut forwarding is still on: what it was before that is what counts."""
    (tmp_path / "host-settings.json").write_text(json.dumps({"net/ipv4/ip_forward": "0"}))
    setting = tmp_path / "net/ipv4/ip_forward"
    setting.parent.mkdir(parents=True)
    setting.write_text("1\n")
    host_network.enable_forwarding(tmp_path, tmp_path)
    host_network.restore_forwarding(tmp_path, tmp_path, tmp_path / "interfaces")
    assert setting.read_text() == "0"


@pytest.mark.parametrize("other", ["docker0/bridge", "airstrip0a1b2c"])
def test_forwarding_stays_while_something_else_needs_it(tmp_path: Path, other: str) -> None:
    setting = tmp_path / "net/ipv4/ip_forward"
    setting.parent.mkdir(parents=True)
    setting.write_text("0\n")
    host_network.enable_forwarding(tmp_path, tmp_path)
    (tmp_path / "interfaces" / other).mkdir(parents=True)
    host_network.restore_forwarding(tmp_path, tmp_path, tmp_path / "interfaces")
    assert setting.read_text() == "1"
    shutil.rmtree(tmp_path / "interfaces")
    host_network.restore_forwarding(tmp_path, tmp_path, tmp_path / "interfaces")
    assert setting.read_text() == "0"


def firewall(folder: Path, listing: str) -> tuple[str, Path]:
    """An iptables that prints `listing` and notes what it is called with; its path and that of its notes."""
    log, program = folder / "calls", folder / "iptables"
    program.write_text(f"#!/bin/sh\necho \"$*\" >> {log}\ncat <<'END'\n{listing}\nEND\n")
    program.chmod(0o755)
    return str(program), log


def test_host_that_drops_forwarded_packets_accepts_the_nodes(tmp_path: Path) -> None:
    program, log = firewall(tmp_path, "-P FORWARD DROP")
    host_firewall.allow(CONFIG.identifier, program)
    assert log.read_text().splitlines()[1:] == [
        f"--wait 5 -I FORWARD -i {CONFIG.identifier} -j ACCEPT",
        f"--wait 5 -I FORWARD -o {CONFIG.identifier} -j ACCEPT",
    ]


def test_host_that_accepts_is_left_alone(tmp_path: Path) -> None:
    program, log = firewall(tmp_path, "-P FORWARD ACCEPT")
    host_firewall.allow(CONFIG.identifier, program)
    assert len(log.read_text().splitlines()) == 1
    host_firewall.allow(CONFIG.identifier, "")


def test_only_our_own_rules_are_forgotten_and_all_of_them(tmp_path: Path) -> None:
    own = f"-A FORWARD -i {CONFIG.identifier} -j ACCEPT"
    program, log = firewall(tmp_path, f"-P FORWARD DROP\n{own}\n-A FORWARD -i eth0 -j ACCEPT\n{own}")
    host_firewall.forget(CONFIG.identifier, program)
    assert log.read_text().splitlines()[1:] == [f"--wait 5 -D FORWARD -i {CONFIG.identifier} -j ACCEPT"] * 2


def test_taken_port_gives_the_next_and_a_preferred_one_comes_first() -> None:
    with forward.listen(free_port()) as taken:
        port = taken.getsockname()[1]
        with forward.listen(port) as next_one:
            assert next_one.getsockname()[1] > port
            remembered = next_one.getsockname()[1]
        with forward.listen(port, preferred=remembered) as again:
            assert again.getsockname()[1] == remembered


def test_no_free_port_at_all_is_an_error() -> None:
    with forward.listen(65535), pytest.raises(OSError, match="no free port"):
        forward.listen(65535)


def test_forward_passes_both_ways_and_ends_with_half_a_close() -> None:
    async def scenario() -> bytes:
        async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.read()).upper())
            writer.close()

        target = await asyncio.start_server(upper, "127.0.0.1", 0)
        listener = forward.listen(free_port())
        port = listener.getsockname()[1]
        server = await forward.serve(listener, "127.0.0.1", target.sockets[0].getsockname()[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello")
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        for each in (server, target):
            each.close()
        return answer

    assert asyncio.run(scenario()) == b"HELLO"


def test_forward_to_nothing_closes_the_connection() -> None:
    async def scenario() -> bytes:
        listener = forward.listen(free_port())
        port = listener.getsockname()[1]
        server = await forward.serve(listener, "127.0.0.1", free_port())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = await reader.read()
        writer.close()
        server.close()
        return answer

    assert asyncio.run(scenario()) == b""


def test_resolv_conf_gives_at_most_three_servers() -> None:
    text = "# nameserver 1.1.1.1\nsearch a b\nnameserver 127.0.0.53\nnameserver fe80::1%eth0\nnameserver\n"
    assert parse_resolv_conf(text) == ["127.0.0.53", "fe80::1%eth0"]
    assert len(parse_resolv_conf("nameserver 192.0.2.1\n" * 5)) == 3


def test_resolvers_follow_the_file_unless_some_are_named(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    assert Resolvers((), path).addresses() == []
    resolvers = Resolvers((), path)
    path.write_text("nameserver 192.0.2.1\n")
    assert resolvers.addresses() == ["192.0.2.1"]
    path.write_text("nameserver 192.0.2.2\n")
    assert resolvers.addresses() == ["192.0.2.2"]
    assert Resolvers(("192.0.2.9",), path).addresses() == ["192.0.2.9"]


def test_server_failure_repeats_the_question() -> None:
    answer = server_failure(QUESTION)
    assert answer[:2] == QUESTION[:2]
    assert answer[2] & 0x80
    assert answer[3] & 0x0F == 2
    assert answer[12:] == QUESTION[12:]
    assert server_failure(b"short") == b""
    assert server_failure(QUESTION[:20]) == b""


class _Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(ANSWER, addr)


async def _ask_relay(resolvers: Resolvers) -> bytes:
    port = free_port(socket.SOCK_DGRAM)
    transport, server = await dns_relay.serve("127.0.0.1", port, resolvers)
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        await loop.sock_sendto(client, QUESTION, ("127.0.0.1", port))
        try:
            return await asyncio.wait_for(loop.sock_recv(client, 512), 5)
        finally:
            transport.close()
            server.close()


def test_relay_asks_the_resolver(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> bytes:
        port = free_port(socket.SOCK_DGRAM)
        monkeypatch.setattr(dns_relay, "_DEFAULT_PORT", port)
        loop = asyncio.get_running_loop()
        resolver, _ = await loop.create_datagram_endpoint(_Echo, local_addr=("127.0.0.1", port))
        with contextlib.closing(resolver):
            return await _ask_relay(Resolvers(("127.0.0.1",)))

    assert asyncio.run(scenario()) == ANSWER


def test_relay_without_a_resolver_says_so_at_once() -> None:
    resolvers = Resolvers((), Path("/nonexistent"))
    assert asyncio.run(_ask_relay(resolvers)) == server_failure(QUESTION)
