"""Measures the node alone, from the outside, by the launcher: `python benchmarks/node.py` as root.

Prints a Markdown table for docs/benchmarks.md, and every single figure to stderr. Each is measured
with etcd as it runs, and with etcd that does not wait for the disk (`--unsafe-no-fsync`), which is
what its safety costs. Uses a node of its own and takes it away at the end.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import signal
import ssl
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from landing import IDLE_SECONDS, ROOT, Bench, descendants, idle

_WRITES = 500
_SETTLE_SECONDS = 30
_WRAPPER = """#!/bin/sh
[ "$1" = etcd ] && set -- "$@" --unsafe-no-fsync
exec '{program}' "$@"
"""

Figures = dict[str, list[float]]


class NodeBench(Bench):
    """A node named `airstrip-bench-node`."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        super().__init__(ROOT, folder, env)
        self.file.write_text("apiVersion: airstrip/v1\nname: airstrip-bench-node\n")

    def node(self, *arguments: str) -> float:
        """Seconds that a verb of `airstrip node` takes."""
        return self.airstrip("node", *arguments)[0]

    def kill(self) -> None:
        """The outer process, by -9: the kernel ends all others. What a power cut does, but for the disk's own cache."""
        os.kill(self.airstrip("node", "status")[1]["pid"], signal.SIGKILL)

    def clear(self) -> None:
        self.node("prune", "--everything", "--yes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="each figure is the median of so many")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as scratch:
        safe = NodeBench(made(Path(scratch, "safe")), {})
        folder = Path(safe.airstrip("node", "build", "--yes")[1]["folder"])
        unsafe = NodeBench(
            made(Path(scratch, "unsafe")), {"AIRSTRIP_NODE_BIN": str(without_fsync(folder, Path(scratch)))}
        )
        figures = [measure(bench, rounds) for bench in (safe, unsafe)]
        print("| Figure | With fsync | Without |\n|---|---|---|")
        for what, seconds in figures[0].items():
            others = figures[1][what]
            print(f"| {what} | {statistics.median(seconds):.1f} s | {statistics.median(others):.1f} s |")
        print_idle(safe)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def without_fsync(programs: Path, scratch: Path) -> Path:
    """A folder of the same programs, whose etcd gets the flag."""
    folder = made(scratch / "programs")
    for path in programs.iterdir():
        (folder / path.name).symlink_to(path)
    wrapper = folder / "airstrip-node"
    wrapper.unlink()
    wrapper.write_text(_WRAPPER.format(program=programs / "airstrip-node"))
    wrapper.chmod(0o755)
    return folder


def measure(bench: NodeBench, rounds: int) -> Figures:
    """Seconds of each figure, once a round."""
    figures: Figures = {}

    def note(what: str, seconds: float) -> None:
        figures.setdefault(what, []).append(seconds)
        print(f"{seconds:6.2f} s  {what}", file=sys.stderr, flush=True)

    try:
        for _ in range(rounds):
            bench.clear()
            note("`node start` to Ready, a new node", bench.node("start", "--yes"))
            check_flag(bench)
            for connections in (1, 10):
                note(f"{_WRITES} writes through the API, {connections} at a time", burst(bench, connections))
            note("`node stop`", bench.node("stop"))
            note("`node start` to Ready, again", bench.node("start", "--yes"))
            bench.kill()
            note("`node start` to Ready, after `kill -9`", bench.node("start", "--yes"))
    finally:
        bench.clear()
    return figures


def check_flag(bench: NodeBench) -> None:
    """That what is measured is what the column says."""
    _, status = bench.airstrip("node", "status")
    lines = [Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in descendants(status["pid"])]
    own = [line for line in lines if b"etcd" in line]
    wanted = "AIRSTRIP_NODE_BIN" in bench.env
    assert own
    assert all((b"--unsafe-no-fsync" in line) == wanted for line in own), own


def burst(bench: NodeBench, connections: int) -> float:
    """Seconds to make that many small objects, each of which etcd writes before it answers."""
    _, data = bench.airstrip("node", "kubeconfig")
    document = json.loads(Path(data["kubeconfig"]).read_text())
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    context = client_context(cluster, user)
    address = urlsplit(cluster["server"])
    each = _WRITES // connections

    def write(first: int) -> None:
        connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context)
        for number in range(first, first + each):
            body = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"burst-{connections}-{number}"},
                "data": {"a": "b"},
            }
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/api/v1/namespaces/default/configmaps", json.dumps(body), headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 201, answer.status
        connection.close()

    begin = time.monotonic()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(write, range(0, _WRITES, each)))
    return time.monotonic() - begin


def client_context(cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    with tempfile.NamedTemporaryFile() as file:
        for key in ("client-certificate-data", "client-key-data"):
            file.write(base64.b64decode(user[key]))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def print_idle(bench: NodeBench) -> None:
    try:
        bench.node("start", "--yes")
        time.sleep(_SETTLE_SECONDS)
        cpu, memory = idle(bench)
        print(f"| idle for {IDLE_SECONDS} s, nothing landed: CPU | {cpu:.1f} % of a core | |")
        print(f"| idle, nothing landed: memory (PSS) | {memory:.0f} MB | |")
    finally:
        bench.clear()


if __name__ == "__main__":
    main()
