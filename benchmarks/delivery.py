"""Measures how soon DAGs are seen, and run: `PYTHONPATH=. python benchmarks/delivery.py` as root.

In the development environment (scripts/check prints its folder), which has what the git server needs. Prints
one Markdown table row for each figure, for docs/benchmarks.md. Uses a deployment of its own and takes it
away at the end.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from airstrip import Deployment, Node, images
from airstrip.airflow_api import AirflowClient
from airstrip.errors import AirflowError
from airstrip.events import discard
from airstrip.operations import Session
from airstrip.operations.image import airflow_request
from airstrip.operations.uv import find_uv
from airstrip.paths import cache_dir
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target
from airstrip.targets.local.node import LocalNode
from tests.git_server import Certificates, HttpsServer, Repository
from tests.git_sync.image import build_git_sync_image, real_program

NAME = "airstrip-bench"
TIMES = 5
HISTORY = 1000
IN_IMAGE = "{image: {path: dags}}"
DAG = """from airflow.sdk import dag, task

@dag(schedule=None, description="WORD")
def delivered():
    @task
    def say():
        print("WORD")

    say()


delivered()
"""


class Bench:
    """A deployment whose DAGs are in a folder first, then are pushed, then in the image, then come from git."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "airstrip.yaml"
        self.dags = folder / "dags"
        self.dags.mkdir()
        self.repository = Repository(folder / "repositories").create()

    def land(self, dags: str) -> AirflowClient:
        self.file.write_text(f"apiVersion: airstrip/v1\nname: {NAME}\ndags: {dags}\n")
        with Deployment.load(self.file) as deployment:
            deployment.up()
        spec = load_spec(self.file, TARGET_SPECS)
        return Session(spec, make_target(spec)).airflow

    def take_away(self) -> None:
        with Deployment.load(self.file) as deployment:
            deployment.down(data=True)
        Node(NAME).prune(everything=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)
        bench = Bench(folder)
        try:
            airflow = bench.land("{path: dags}")
            measure("a folder", airflow, lambda word: save(bench, word))
            airflow = bench.land("{volume: {path: dags}}")
            # The verb ends when Airflow has read the files: counted is all of it, the check too.
            measure("dags push", airflow, lambda word: push_folder(bench, word), whole=True)
            airflow = bench.land(IN_IMAGE)
            measure("the image, with its up", airflow, lambda word: bake(bench, word), whole=True)
            measure_git(bench, folder)
        finally:
            bench.take_away()


def bake(bench: Bench, word: str) -> None:
    save(bench, word)
    bench.land(IN_IMAGE)


def measure_git(bench: Bench, folder: Path) -> None:
    address = str(LocalNode(NAME).config().subnets.link[1])
    certificates = Certificates.make(folder, address)
    (folder / "ca.pem").write_text(certificates.authority)
    push(bench, "nothing")
    server = HttpsServer(bench.repository.folder, address, certificates, "").start()
    try:
        airflow = bench.land(f'{{git: {{repo: "{server.url}", caCert: {{file: ca.pem}}}}}}')
        measure("git", airflow, lambda word: push(bench, word))
        for number in range(HISTORY):
            bench.repository.push({"count": str(number)})
        measure(f"git, {HISTORY} commits", airflow, lambda word: push(bench, word))
        measure_git_sync(bench, folder, server.url)
    finally:
        server.stop()


def measure_git_sync(bench: Bench, folder: Path, url: str) -> None:
    """By the tests' stand-in for git-sync, which keeps its contract (tests/git_sync), with git-sync's default period.

    By git-sync itself where AIRSTRIP_TEST_GIT_SYNC names it.
    """
    spec = load_spec(bench.file, TARGET_SPECS)
    airflow_image = images.ensure_airflow_image(airflow_request(spec), cache_dir(), find_uv(), discard)
    image = build_git_sync_image(airflow_image, folder / "git-sync")
    make_target(spec).load_image(image.layout, image.pinned, discard)
    sync = f"via: sync, sync: {{image: {image.pinned}}}"
    airflow = bench.land(f'{{git: {{repo: "{url}", caCert: {{file: ca.pem}}, {sync}}}}}')
    program = "git-sync" if real_program() else "git-sync (a stand-in)"
    measure(program, airflow, lambda word: push(bench, word))


def measure(way: str, airflow: AirflowClient, deliver: Callable[[str], None], *, whole: bool = False) -> None:
    """From when it is delivered; with `whole`, from when that begins."""
    seen, ran = [], []
    for number in range(TIMES):
        word = f"{way} {number}"
        begun = time.monotonic()
        deliver(word)
        start = begun if whole else time.monotonic()
        wait(partial(is_seen, airflow, word))
        seen.append(time.monotonic() - start)
        airflow.unpause("delivered")
        run = airflow.trigger("delivered")
        wait(partial(has_said, airflow, run.run_id, word))
        ran.append(time.monotonic() - start)
        wait(partial(has_ended, airflow, run.run_id))
    for what, seconds in (
        (f"seen, median of {TIMES}", statistics.median(seen)),
        (f"seen, the longest of {TIMES}", max(seen)),
        (f"its task has said so, median of {TIMES}", statistics.median(ran)),
    ):
        print(f"| {way}: delivered to {what} | {seconds:.1f} s |", flush=True)


def is_seen(airflow: AirflowClient, word: str) -> bool:
    return any(dag.description == word for dag in airflow.dags())


def has_said(airflow: AirflowClient, run_id: str, word: str) -> bool:
    """Of the code that was delivered, and no older one: a task's log has nothing before it began."""
    with suppress(AirflowError):
        return any(word in record.event for record in airflow.task_log("delivered", run_id, "say").records)
    return False


def has_ended(airflow: AirflowClient, run_id: str) -> bool:
    return airflow.dag_run("delivered", run_id).ended


def wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 180
    while not holds():
        if time.monotonic() > end:
            raise SystemExit("what was delivered did not come within three minutes")
        time.sleep(0.2)


def save(bench: Bench, word: str) -> None:
    (bench.dags / "delivered.py").write_text(DAG.replace("WORD", word))


def push_folder(bench: Bench, word: str) -> None:
    save(bench, word)
    with Deployment.load(bench.file) as deployment:
        deployment.push_dags()


def push(bench: Bench, word: str) -> None:
    bench.repository.push({"delivered.py": DAG.replace("WORD", word)})


if __name__ == "__main__":
    main()
