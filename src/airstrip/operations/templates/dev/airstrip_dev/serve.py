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


def main():
    wanted = request()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    end_left_runs(wanted["database"])
    logs = Path(wanted["logs"])
    logs.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "AIRSTRIP_SERVE_PROJECTS": json.dumps(wanted["projects"])}
    parts = {}
    try:
        for name, arguments in commands(wanted["port"]).items():
            parts[name] = start(arguments, environment, logs / f"{name}.log")
        watch(parts, wanted["port"], logs)
    finally:
        end(parts.values())


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


def watch(parts, port, logs):
    """For as long as all of them run."""
    is_ready = False
    while True:
        for name, process in parts.items():
            if process.poll() is not None:
                lines = (logs / f"{name}.log").read_text(errors="replace").splitlines()
                tell("ended", part=name, code=process.returncode, lines=lines[-_TAIL_LINES:])
                return
        if not is_ready and is_healthy(port):
            is_ready = True
            tell("ready")
        time.sleep(_POLL_SECONDS)


def is_healthy(port):
    with suppress(OSError, ValueError):
        address = f"http://{_LOOPBACK}:{port}/api/v2/monitor/health"
        # Whatever proxy the author has is not for this.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=2) as answer:
            parts = json.load(answer)
        return all(parts[name]["status"] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor"))
    return False


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
