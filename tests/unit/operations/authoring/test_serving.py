"""`dev --serve` without Airflow: what its program says of four processes, and where secrets and passwords lie.

A small program stands for `airflow`; tests/dev serves the real one.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from airstrip.errors import AirstripError
from airstrip.events import Event, StepFinished
from airstrip.images import VirtualEnvironment
from airstrip.operations.authoring.alone import noted_served
from airstrip.operations.authoring.home import Home
from airstrip.operations.authoring.prepare import Place
from airstrip.operations.authoring.program import PROGRAMS, TEMPLATES, Workshop, run_program
from airstrip.operations.authoring.serving import password_of, serve_from, url_of

AIRFLOW = """
import http.server, os, sys, time
part, folder = sys.argv[1], os.environ["FOLDER"]
open(f"{folder}/{part}.environ", "wb").write(open("/proc/self/environ", "rb").read())
print(part, flush=True)
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(open(f"{folder}/health", "rb").read())
    log_message = lambda *_: None
if part == "api-server":
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[5])), Health).serve_forever()
while part != "triggerer" or not os.path.exists(f"{folder}/end"):
    time.sleep(0.02)
sys.exit(7)
"""
HEALTHY = {"status": "healthy"}
SECRET = "hunter2" * 30_000
"""Longer than what stands in an environment may be."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home", "3")
    home.folder.mkdir(mode=0o700)
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "__init__.py").touch()
    (tmp_path / "airflow" / "__main__.py").write_text(AIRFLOW)
    with closing(sqlite3.connect(home.database)) as database:
        database.execute("CREATE TABLE dag_run (state, triggering_user_name)")
    return home


def port_of_nobody() -> int:
    """Another one for each test: some run side by side."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def served(home: Home, health: Mapping[str, Any], then: Mapping[str, Any], patience: float = 0.0) -> list[Any]:
    """Reports of the program; at each, Airflow's health becomes what `then` has for it, None is its end."""
    folder = home.folder.parent
    (folder / "health").write_text(json.dumps(health))
    reports: list[Any] = []

    def report(event: Mapping[str, Any]) -> None:
        reports.append(event)
        if event["event"] == "ready":
            reports.append((home.projects.stat().st_mode & 0o777, json.loads(home.projects.read_text())))
        following = then.get(event["event"])
        (folder / ("end" if following is None else "health")).write_text(json.dumps(following))

    variables = {"PYTHONPATH": f"{PROGRAMS}{os.pathsep}{folder}", "FOLDER": str(folder), "PYTHONUNBUFFERED": "1"}
    wanted = {
        "port": port_of_nobody(),
        "database": str(home.database),
        "logs": str(home.folder / "logs"),
        "patience": patience,
        "projects": {"sales": {"config": {}, "secrets": {"TOKEN": SECRET}}},
        "projects_file": str(home.projects),
    }
    workshop = Workshop(Path(sys.executable), variables, folder)
    run_program(workshop, ["-m", "airstrip_dev.serve"], wanted, report, lambda _: None)
    return reports


def test_what_is_not_healthy_is_told_and_waited_for(home: Home) -> None:
    """An answer without a part's state is none of health."""
    whole = {"metadatabase": HEALTHY, "scheduler": HEALTHY, "dag_processor": HEALTHY, "triggerer": {"status": None}}
    begin = {"metadatabase": HEALTHY, "scheduler": {"status": None}}
    reports = served(home, begin, {"slow": whole, "ready": None}, patience=10.0)
    assert reports[0] == {"event": "slow", "parts": ["scheduler", "dag-processor"]}
    assert reports[1] == {"event": "ready"}
    assert reports[3] == {"event": "ended", "part": "triggerer", "code": 7, "lines": ["triggerer"]}


def test_an_api_server_that_does_not_answer_is_named(home: Home) -> None:
    assert served(home, {}, {"slow": None})[0] == {"event": "slow", "parts": ["api-server"]}


def test_secrets_of_projects_are_in_a_file_for_one_user_while_it_serves(home: Home) -> None:
    """Whatever a process starts has its environment."""
    home.projects.write_text("left by one that was killed")
    home.projects.chmod(0o644)
    whole = {"metadatabase": HEALTHY, "scheduler": HEALTHY, "dag_processor": HEALTHY}
    reports = served(home, whole, {"ready": None}, patience=60)
    assert reports[1] == (0o600, {"sales": {"config": {}, "secrets": {"TOKEN": SECRET}}})
    environments = [file.read_bytes() for file in home.folder.parent.glob("*.environ")]
    assert len(environments) == 4
    assert not any(b"hunter2" in environment for environment in environments)
    assert not home.projects.exists()


def test_a_file_that_cannot_be_written_is_named(home: Home) -> None:
    home.projects.mkdir()
    (report,) = served(home, {}, {})
    assert (report["event"], report["file"]) == ("not-written", str(home.projects))


SETTINGS = """
import json, sys
from types import ModuleType, SimpleNamespace as Of
runs = ModuleType("airstrip_pods.dag_runs")
runs.refuse_pods = lambda task: setattr(task, "refused", True)
sys.modules[runs.__name__] = runs
import airflow_local_settings as settings
def task(pod):
    return Of(executor_config={"pod_override": pod} if pod else {}, on_execute_callback=[])
container = Of(env=[], env_from=[Of(prefix="", config_map_ref=None, secret_ref=Of(name="sales"))])
plain, within = task(None), task(Of(spec=Of(containers=[container])))
settings.task_policy(plain)
read = settings._projects.cache_info().currsize
settings.task_policy(within)
import os
for each in within.on_execute_callback:
    each({})
print(json.dumps([read, plain.on_execute_callback, plain.refused, plain.own, os.environ["TOKEN"], settings.KEPT]))
"""


def test_tasks_have_their_project_s_and_an_author_s_own_settings_stay(tmp_path: Path) -> None:
    """Also in a process that was not forked from another; one without such a task does not read the file."""
    (tmp_path / "projects.json").write_text(json.dumps({"sales": {"config": {}, "secrets": {"TOKEN": "hush"}}}))
    own = "KEPT = 1\ndef task_policy(task):\n    task.own = not hasattr(task, 'refused')\n"
    (tmp_path / "airflow_local_settings.py").write_text(own)
    variables = {
        "PYTHONPATH": f"{TEMPLATES / 'serve'}{os.pathsep}{tmp_path}",
        "AIRSTRIP_SERVE_PROJECTS": str(tmp_path / "projects.json"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-P", "-c", SETTINGS], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [0, [], True, True, "hush", 1]


def test_a_port_that_somebody_takes_before_airflow_listens_is_passed_over(home: Home) -> None:
    """And each process waits for others that write the database, longer than SQLite does by itself."""
    folder = home.folder.parent
    (folder / "health").write_text(
        json.dumps({"metadatabase": HEALTHY, "scheduler": HEALTHY, "dag_processor": HEALTHY})
    )
    workshop = Workshop(
        Path(sys.executable), {"PYTHONPATH": f"{PROGRAMS}{os.pathsep}{folder}", "FOLDER": str(folder)}, folder
    )
    port, steps, urls = port_of_nobody(), list[str](), list[str]()
    with socket.socket() as other:

        def emit(event: Event) -> None:
            steps.append(type(event).__name__)
            if steps == ["StepStarted"]:
                other.bind(("127.0.0.1", port))
                other.listen()
            if isinstance(event, StepFinished):
                urls.append(event.note)
                (folder / "end").touch()

        with pytest.raises(AirstripError, match="triggerer ended with exit code 7"):
            serve_from(Place(home, VirtualEnvironment(folder, "key"), workshop, {}), port, emit)
    assert [step for step in steps if step != "Notice"] == ["StepStarted", "StepFailed", "StepStarted", "StepFinished"]
    (url,) = urls
    assert int(url.rpartition(":")[2]) > port
    assert b"airflow-3.db?timeout=60" in (folder / "scheduler.environ").read_bytes()


@pytest.mark.parametrize("damaged", ["", "[]", "{}", '{"admin"'])
def test_a_password_that_cannot_be_read_is_made_anew(home: Home, damaged: str) -> None:
    home.passwords.write_text(damaged)
    made = password_of(home)
    assert made == password_of(home)
    assert home.passwords.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_is_told_with_its_file(home: Home) -> None:
    home.served.mkdir()
    with pytest.raises(AirstripError) as raised, noted_served(home, "http://x"):
        pass
    assert raised.value.code == "file.not-written"
    assert str(home.served) in raised.value.message
    home.passwords.mkdir()
    with pytest.raises(AirstripError) as raised:
        password_of(home)
    assert raised.value.code == "file.not-written"


def test_where_it_is_is_noted_for_as_long_as_it_is(home: Home) -> None:
    with noted_served(home, "http://x"):
        assert json.loads(home.served.read_text()) == {"url": "http://x", "pid": os.getpid()}
    assert not home.served.exists()


def test_the_address_is_that_which_is_listened_on() -> None:
    assert url_of(8080) == "http://127.0.0.1:8080"
