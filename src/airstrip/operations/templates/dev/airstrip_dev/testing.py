"""What `airstrip test` adds to the plugin `airstrip_pods.testing`: what it knows, and a report of each test."""

import json
import os
import shutil
from pathlib import Path

import pytest

from airstrip_dev.report import request
from airstrip_pods.task_environment import ProjectObjects
from airstrip_pods.testing import PROJECTS

# One of pytest-xdist's, which run the tests; the process that started it asks, and notes.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER")
_DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


def _own_database():
    """Workers would wait for each other's runs, and find them. Nothing has opened it yet."""
    shared = os.environ[_DATABASE]
    os.environ[_DATABASE] = f"{shared}.{_WORKER}"
    shutil.copyfile(*(url.removeprefix("sqlite:///") for url in (shared, os.environ[_DATABASE])))


if _WORKER:
    _own_database()
else:
    # Now: pytest is about to put something else in the place of stdin.
    _projects = request()["projects"]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["airstrip"] = _projects


def pytest_configure(config):
    projects = config.workerinput["airstrip"] if _WORKER else _projects
    config.stash[PROJECTS] = {name: ProjectObjects(**values) for name, values in projects.items()}


def pytest_fixture_setup(fixturedef):
    """The API that tasks speak to is made when a test first runs a DAG."""
    if fixturedef.argname == "run_dag":
        from airstrip_dev.api import warm_up

        warm_up()


def pytest_runtest_logreport(report):
    if _WORKER:
        return
    if report.when == "call" or report.outcome != "passed":
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        _note("test", test=report.nodeid, outcome=outcome, seconds=report.duration, message=_why(report))


def pytest_collectreport(report):
    if report.failed and not _WORKER:
        _note("test", test=report.nodeid, outcome="error", seconds=0.0, message=_why(report))


def _why(report):
    """The last line of what pytest prints of it, which names the exception."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash:
        return f"{crash.path}:{crash.lineno}: {crash.message.partition(chr(10))[0]}"
    lines = str(report.longrepr or "").strip().splitlines()
    # Behind the E that marks an error.
    return lines[-1].removeprefix("E ").strip() if lines and report.outcome != "passed" else ""


def _note(event, **fields):
    with Path(os.environ["AIRSTRIP_TEST_REPORT"]).open("a") as file:
        file.write(json.dumps({"event": event, **fields}) + "\n")


def note_bag(bag):
    """For the checks that nobody wrote: Airstrip makes findings of it."""
    _note("bag", errors=bag.import_errors, twice=bag.twice)
