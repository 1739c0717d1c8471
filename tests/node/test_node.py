"""The embedded node by itself, without Airflow: start, use, damage, stop."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

from airstrip.embedded import (
    NodeConfig,
    choose_config,
    delete_node_data,
    import_image,
    list_images,
    node_status,
    start_node,
    stop_node,
)
from airstrip.embedded.binaries import find_binaries
from airstrip.embedded.supervisor import record
from airstrip.embedded.supervisor.dns_relay import parse_resolv_conf
from airstrip.events import discard
from airstrip.paths import cache_dir
from tests.node import node_pods as pods
from tests.node.host_traces import Traces, living_in, namespaces_of, traces
from tests.node.tool_image import REFERENCE, build_tool_layout

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a node needs root")

# Seconds after which something hangs, also on a busy machine; how fast it is, benchmarks/ measures.
_SERVER = """
perl -MIO::Socket::INET -e '
  my $s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5, ReuseAddr => 1) or die $!;
  $SIG{TERM} = sub { exit 0 };
  while (my $c = $s->accept) {
    while (<$c>) { last if /^\\r?$/ }
    print $c "HTTP/1.0 200 OK\\r\\nConnection: close\\r\\n\\r\\nhello\\n"; close $c;
  }'
"""


@dataclass
class Node:
    """The node under test, and what its host was like before."""

    config: NodeConfig
    before: Traces
    layout: Path

    def start(self) -> None:
        start_node(self.config, discard)

    def record(self) -> record.Record:
        found = record.read_record(self.config.run_dir)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    binaries = find_binaries(cache_dir())
    assert binaries is not None, "the node's programs are not built: airstrip node build"
    folder = tmp_path_factory.mktemp("node")
    # Spaces and letters beyond ASCII: every program of the node gets these paths.
    state, run = folder / "stånd av ✈ node", folder / "kjør her"
    config = choose_config("nodetest", state, run, binaries.folder, port=_free_port_pair())
    node = Node(config, traces(config), build_tool_layout(folder / "layout"))
    try:
        node.start()
        import_image(config, node.layout, REFERENCE, discard)
        pods.make_namespace(config)
        yield node
    finally:
        delete_node_data(config, discard)
        shutil.rmtree(folder)


def _free_port_pair() -> int:
    """A port that is free together with the next one."""
    for port in range(18000, 19000, 2):
        try:
            for each in (port, port + 1):
                socket.create_server(("127.0.0.1", each)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no two free ports in a row")


def test_first_start_ends_ready(node: Node) -> None:
    assert node_status(node.config).ready


def test_second_start_changes_nothing(node: Node) -> None:
    before = node.record()
    node.start()
    assert node.record() == before
    assert node_status(node.config).ready


def test_image_is_imported_once(node: Node) -> None:
    assert REFERENCE in [image.reference for image in list_images(node.config)]
    assert not import_image(node.config, node.layout, REFERENCE, discard)


def test_pod_resolves_and_reaches_the_api_server(node: Node) -> None:
    script = """
    getent hosts kubernetes.default.svc.cluster.local
    getent hosts kube-dns.kube-system
    exec 3<>/dev/tcp/kubernetes.default/443 && echo reached
    """
    output = pods.finish(node.config, pods.pod("names", script))
    assert str(node.config.subnets.kubernetes_service) in output
    assert str(node.config.subnets.dns_service) in output
    assert "reached" in output


def test_pod_reaches_the_host(node: Node) -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
        port = server.getsockname()[1]
        script = f"exec 3<>/dev/tcp/host.airstrip.internal/{port} && cat <&3"
        assert "from the host" in pods.finish(node.config, pods.pod("host", script))


def _greet(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"from the host\n")


def test_pod_reaches_what_the_host_reaches(node: Node) -> None:
    """The host's resolver stands for the outside: it is somewhere else and listens on TCP too."""
    resolvers = [entry for entry in parse_resolv_conf(Path("/etc/resolv.conf").read_text()) if ":" not in entry]
    outside = [entry for entry in resolvers if not entry.startswith("127.") and _accepts(entry, 53)]
    if not outside:
        pytest.skip("this host reaches nothing outside that is known")
    script = f"exec 3<>/dev/tcp/{outside[0]}/53 && echo reached"
    assert "reached" in pods.finish(node.config, pods.pod("outside", script))


def _accepts(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), 2).close()
    except OSError:
        return False
    return True


def test_service_and_loopback_port_reach_a_pod(node: Node) -> None:
    pods.start(node.config, pods.pod("web", _SERVER, labels={"app": "web"}))
    service = pods.service("web", 8000, node.config.node_port)
    pods.create(node.config, f"/api/v1/namespaces/{pods.NAMESPACE}/services", service)
    pods.eventually(lambda: pods.phase(node.config, "web") == "Running", 30, "web runs")
    ask = "exec 3<>/dev/tcp/web/8000; echo -e 'GET / HTTP/1.0\\r\\n\\r' >&3; cat <&3"
    assert "hello" in pods.finish(node.config, pods.pod("asks", f"sleep 1; {ask}"))
    port = node_status(node.config).port
    pods.eventually(lambda: _fetch(f"http://127.0.0.1:{port}/") == "hello\n", 10, "the loopback port answers")


def _fetch(url: str) -> str:
    with urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())


def test_claim_becomes_a_folder_that_a_restricted_pod_writes(node: Node) -> None:
    pods.create(node.config, f"/api/v1/namespaces/{pods.NAMESPACE}/persistentvolumeclaims", pods.claim("data"))
    pods.finish(node.config, pods.pod("writes", "echo kept > /data/file", "data"))
    assert (node.config.volumes_dir / f"{pods.NAMESPACE}_data" / "file").read_text() == "kept\n"


def test_keeper_has_no_terminal(node: Node) -> None:
    pid = node.record().keeper.pid
    assert os.getsid(pid) == pid
    assert not any("/dev/pts" in str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "etcd",
        "containerd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kubelet",
        "kube-proxy",
        "coredns",
        "volumes",
    ],
)
def test_killed_component_comes_back(node: Node, name: str) -> None:
    states = record.read_states(node.config.run_dir)
    os.kill(_host_pid(node, states[name]["pid"]), signal.SIGKILL)
    before = states[name]["restarts"]
    pods.eventually(lambda: _came_back(node, name, before), 40, f"{name} is back")


def _came_back(node: Node, name: str, restarts: int) -> bool:
    state = record.read_states(node.config.run_dir)[name]
    return bool(state["restarts"] > restarts and state["state"] == "ready" and state["pid"])


def _host_pid(node: Node, inner: int) -> int:
    """The pid on the host of a process of the node, by its pid in there."""
    namespace = Path(f"/proc/{node.record().inner.pid}/ns/pid").readlink()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _inner_pid(entry, namespace) == inner:
            return int(entry.name)
    raise AssertionError(f"no process {inner} in the node")


def _inner_pid(process: Path, namespace: Path) -> int | None:
    try:
        if (process / "ns/pid").readlink() != namespace:
            return None
        lines = (process / "status").read_text().splitlines()
    except OSError:
        return None
    return int(next(line for line in lines if line.startswith("NSpid:")).split()[-1])


def test_pods_run_after_the_restarts(node: Node) -> None:
    assert "kept" in pods.finish(node.config, pods.pod("after", "cat /data/file", "data"))


def test_killed_first_process_comes_back_with_its_data(node: Node) -> None:
    old = node.record().inner
    old.send(signal.SIGKILL)
    pods.eventually(lambda: node.record().inner != old, 15, "the keeper starts it again")
    node.start()
    assert "kept" in pods.finish(node.config, pods.pod("revived", "cat /data/file", "data"))


def test_power_cut_leaves_cgroups_at_most_and_keeps_the_data(node: Node) -> None:
    running = node.record()
    inside = namespaces_of(running.inner.pid)
    running.keeper.send(signal.SIGKILL)
    assert running.keeper.wait(5)
    assert running.inner.wait(10)
    # The kernel takes interfaces and routes down in the background.
    pods.eventually(lambda: traces(node.config).links == node.before.links, 5, "the interfaces are gone")
    after = traces(node.config)
    assert not after.processes
    assert not living_in(inside)
    assert (after.mounts, after.routes, after.rules) == (node.before.mounts, node.before.routes, node.before.rules)
    node.start()
    assert "kept" in pods.finish(node.config, pods.pod("survivor", "cat /data/file", "data"))


def test_taken_port_moves_to_the_next_and_is_kept(node: Node) -> None:
    stop_node(node.config, discard)
    (node.config.state_dir / "port").unlink()
    wanted = node.config.port
    with socket.create_server(("127.0.0.1", wanted)):
        node.start()
        assert node_status(node.config).port == wanted + 1
    stop_node(node.config, discard)
    node.start()
    assert node_status(node.config).port == wanted + 1


def test_stop_leaves_nothing(node: Node) -> None:
    node.start()
    pods.start(node.config, pods.pod("sleeper", "sleep 1000"))
    pods.eventually(lambda: pods.phase(node.config, "sleeper") == "Running", 30, "sleeper runs")
    inside = namespaces_of(node.record().inner.pid)
    stop_node(node.config, discard)
    assert traces(node.config) == node.before
    assert not living_in(inside)
    assert not node_status(node.config).running
