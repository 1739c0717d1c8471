"""Measures a landing from the outside, by the launcher: `python benchmarks/landing.py [--cold]` as root.

Prints one Markdown table row for each figure, for docs/benchmarks.md. Uses a deployment of its own
and takes it away at the end. `--cold` starts from a fresh clone of this repository and an empty cache.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
IDLE_SECONDS = 60


class Bench:
    """A deployment named `airstrip-bench` in a temporary folder."""

    def __init__(self, root: Path, folder: Path, env: dict[str, str]) -> None:
        self.root = root
        self.env = {**os.environ, **env}
        self.file = folder / "airstrip.yaml"
        shutil.copytree(ROOT / "benchmarks" / "dags", folder / "dags")
        self.steps: dict[str, float] = {}
        self.file.write_text("apiVersion: airstrip/v1\nname: airstrip-bench\ndags: {path: dags}\n")

    def airstrip(self, *arguments: str, code: int = 0) -> tuple[float, dict[str, Any]]:
        """Seconds and the data of a verb, which must end with `code`; its steps' seconds are in `steps` afterwards."""
        start = time.monotonic()
        argv = [str(self.root / "airstrip"), *arguments, "-f", str(self.file), "--json"]
        done = subprocess.run(argv, capture_output=True, text=True, env=self.env, check=False)
        seconds = time.monotonic() - start
        events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        self.steps = {event["step"]: event["elapsed"] for event in events if event["event"] == "step.finished"}
        document = json.loads(done.stdout)
        if document["exitCode"] != code:
            raise SystemExit(f"{' '.join(arguments)} failed: {document['errors'] or document['findings']}")
        return seconds, document["data"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cold", action="store_true", help="fresh clone, empty cache: about fifteen minutes")
    cold = parser.parse_args().cold
    with tempfile.TemporaryDirectory() as scratch, prepared(Path(scratch), cold) as bench:
        measure(bench, cold)


@contextmanager
def prepared(scratch: Path, cold: bool) -> Iterator[Bench]:
    root, env = ROOT, {}
    if cold:
        root = scratch / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
        home = scratch / "home"
        home.mkdir()
        # Without the caller's own caches: Go's and uv's stand below HOME.
        env = {"HOME": str(home), "XDG_CACHE_HOME": "", "GOPATH": str(home / "go"), "AIRSTRIP_CACHE_DIR": ""}
    bench = Bench(root, scratch, env)
    try:
        yield bench
    finally:
        bench.airstrip("down", "--data", "--yes")
        bench.airstrip("node", "prune", "--everything", "--yes")


def measure(bench: Bench, cold: bool) -> None:
    landed, _ = bench.airstrip("up", "--yes")
    first, _ = bench.airstrip("run", "smoke")
    row("cold clone to green" if cold else "first `up` to green", landed + first)
    bench.airstrip("down", "--data", "--yes")
    landed, _ = bench.airstrip("up", "--yes")
    steps = bench.steps
    first, _ = bench.airstrip("run", "smoke")
    row("warm `up`", landed)
    row("apply to all Ready", sum(seconds for step, seconds in steps.items() if is_of_airflow(step)))
    for step, seconds in steps.items():
        row(f"of the warm `up`: step `{step}`", seconds)
    row("warm `up` to first green", landed + first)
    row("second `up`, nothing to change", bench.airstrip("up", "--yes")[0])
    runs = [bench.airstrip("run", "smoke")[1] for _ in range(3)]
    row("queued to running, median of three `smoke` runs", statistics.median(waits(runs)))
    row("32 mapped empty tasks", bench.airstrip("run", "mapped")[0])
    row("`verify`, all properties", bench.airstrip("verify")[0])
    row("`doctor`, nothing is wrong", bench.airstrip("doctor")[0])
    with stopped(bench, "kube-apiserver"):
        row("`doctor`, the API server is stopped", bench.airstrip("doctor", code=3)[0])
    time.sleep(30)
    cpu, memory = idle(bench)
    print(f"| the node alone, idle: CPU | {cpu:.1f} % of a core |")
    print(f"| the node alone, idle: memory (PSS) | {memory:.0f} MB |")


def is_of_airflow(step: str) -> bool:
    """Whether a step of `up` applies objects and waits for them, rather than making the place."""
    return step.startswith("apply.") or step == "airflow.ready"


def waits(runs: list[dict[str, Any]]) -> list[float]:
    """Seconds from queued to running of each task."""
    return [
        (datetime.fromisoformat(task["started"]) - datetime.fromisoformat(task["queued"])).total_seconds()
        for run in runs
        for task in run["tasks"]
    ]


def idle(bench: Bench) -> tuple[float, float]:
    """CPU (percent of one core) and PSS (MB) of the node's own programs, pods not counted."""
    _, status = bench.airstrip("node", "status")
    pids = [pid for pid in descendants(status["pid"]) if not in_a_pod(pid)]
    before = sum(map(cpu_seconds, pids))
    time.sleep(IDLE_SECONDS)
    used = sum(map(cpu_seconds, pids)) - before
    return 100 * used / IDLE_SECONDS, sum(map(pss_kilobytes, pids)) / 1000


@contextmanager
def stopped(bench: Bench, program: str) -> Iterator[None]:
    """The node's own process of that name gets no time, as one that hangs."""
    _, status = bench.airstrip("node", "status")
    (pid,) = [pid for pid in descendants(status["pid"]) if f"\0{program}\0" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in descendants(int(child)))]


def in_a_pod(pid: int) -> bool:
    """Whether a process is a container's, by the kubelet's cgroups."""
    return "kubepods" in Path(f"/proc/{pid}/cgroup").read_text()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_kilobytes(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def row(what: str, seconds: float) -> None:
    print(f"| {what} | {seconds:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
