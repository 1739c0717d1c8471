"""Airflow's four processes on this machine, for `airstrip dev --serve`: begun together, ended together.

`airflow standalone` begins the same four, with two servers of logs that every network reaches, and one process of
Airflow's more. Here the UI reads the logs from the folder. The standard library only: it stays as long as they do.
"""

import json
import os
import signal
import sqlite3
import subprocess  # noqa: TID251 - this runs in the environment of Airflow, where process.py is not
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

from airstrip_dev.report import request, tell

# Less than what the supervisor gives this process to end.
_END_SECONDS = 1.5
_POLL_SECONDS = 0.2
_TAIL_LINES = 30
_LOOPBACK = "127.0.0.1"
# Parts by the names that Airflow's answer has for them; the triggerer has its time.
_HEALTH = {"metadatabase": "database", "scheduler": "scheduler", "dag_processor": "dag-processor"}


def main():
    wanted = request()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    end_left_runs(wanted["database"])
    logs, projects = Path(wanted["logs"]), Path(wanted["projects_file"])
    environment = {**os.environ, "AIRSTRIP_SERVE_PROJECTS": str(projects)}
    parts = {}
    try:
        if not written(logs, projects, wanted["projects"]):
            return
        for name, arguments in commands(wanted["port"]).items():
            parts[name] = start(arguments, environment, logs / f"{name}.log")
        watch(parts, wanted["port"], logs, wanted["patience"])
    finally:
        end(parts.values())
        with suppress(OSError):
            projects.unlink()


def written(logs, projects, values):
    """Whether what the processes find is there. Secrets go by a file for this user alone: what stands in a process's
    environment is seen by all that it starts, and no longer string than 128 KiB fits.
    """
    try:
        logs.mkdir(parents=True, exist_ok=True)
        # What an end that came too soon has left.
        projects.unlink(missing_ok=True)
        with os.fdopen(os.open(projects, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(values, file)
    except OSError as error:
        tell("not-written", file=error.filename or str(projects), reason=error.strerror)
        return False
    return True


def commands(port):
    """The API server first: the others wait for it, and not the other way round."""
    return {
        "api-server": ["api-server", "--host", _LOOPBACK, "--port", str(port), "--workers", "1"],
        "scheduler": ["scheduler", "--skip-serve-logs"],
        "dag-processor": ["dag-processor"],
        "triggerer": ["triggerer", "--skip-serve-logs"],
    }


def start(arguments, environment, log):
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "airflow", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )


def watch(parts, port, logs, patience):
    """For as long as all of them run. Those that are not healthy within `patience` seconds are told, once."""
    waiting, slow = True, time.monotonic() + patience
    while True:
        for name, process in parts.items():
            if process.poll() is not None:
                lines = (logs / f"{name}.log").read_text(errors="replace").splitlines()
                tell("ended", part=name, code=process.returncode, lines=lines[-_TAIL_LINES:])
                return
        if waiting:
            awaited = not_healthy(port)
            if waiting := bool(awaited):
                if time.monotonic() > slow:
                    slow = float("inf")
                    tell("slow", parts=awaited)
            else:
                tell("ready")
        time.sleep(_POLL_SECONDS)


def not_healthy(port):
    """Names of the parts, as their logs have them; the API server's alone where it does not answer."""
    with suppress(OSError, ValueError):
        address = f"http://{_LOOPBACK}:{port}/api/v2/monitor/health"
        # Whatever proxy the author has is not for this.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=2) as answer:
            told = json.load(answer)
        states = {part: (told.get(key) or {}).get("status") for key, part in _HEALTH.items()}
        return [part for part, status in states.items() if status != "healthy"]
    return ["api-server"]


def end(processes):
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + _END_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


def end_left_runs(database):
    """Runs of `airstrip dev` that were cut off: a scheduler would go on with them."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "UPDATE dag_run SET state = 'failed' WHERE state IN ('queued', 'running')"
            " AND triggering_user_name = 'dag_test'"
        )


if __name__ == "__main__":
    main()
