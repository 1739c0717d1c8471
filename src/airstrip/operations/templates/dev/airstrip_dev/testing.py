"""What `airstrip test` adds to the plugin `airstrip_pods.testing`: what it knows, and a report of each test."""

import json
import os
from pathlib import Path

from airstrip_dev.report import request
from airstrip_pods.task_environment import ProjectObjects
from airstrip_pods.testing import PROJECTS


def pytest_configure(config):
    projects = request()["projects"]
    config.stash[PROJECTS] = {name: ProjectObjects(**values) for name, values in projects.items()}


def pytest_fixture_setup(fixturedef):
    """The API that tasks speak to is made when a test first runs a DAG."""
    if fixturedef.argname == "run_dag":
        from airstrip_dev.api import warm_up

        warm_up()


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        _note("test", test=report.nodeid, outcome=outcome, seconds=report.duration, message=_why(report))


def pytest_collectreport(report):
    if report.failed:
        _note("test", test=report.nodeid, outcome="error", seconds=0.0, message=_why(report))


def _why(report):
    """The last line of what pytest prints of it, which names the exception."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash:
        return f"{crash.path}:{crash.lineno}: {crash.message.partition(chr(10))[0]}"
    lines = str(report.longrepr or "").strip().splitlines()
    return lines[-1] if lines and report.outcome != "passed" else ""


def _note(event, **fields):
    with Path(os.environ["AIRSTRIP_TEST_REPORT"]).open("a") as file:
        file.write(json.dumps({"event": event, **fields}) + "\n")


def note_bag(bag):
    """For the checks that nobody wrote: Airstrip makes findings of it."""
    _note("bag", errors=bag.import_errors, twice=bag.twice)
