"""Parses DAG files as Airflow's DAG processor does, and says what it found: one JSON document.

Runs in a pod of the deployment's image, started by boot.py; it needs Airflow and nothing of Airstrip. Each
file is parsed once, in a process of its own, one process for each core, so that none can harm another. stdout
is ours alone: what DAG files print goes nowhere.
"""

import collections
import contextlib
import gc
import importlib
import json
import multiprocessing
import os
import signal
import sys
import time
import traceback
from multiprocessing import connection

LOOK_SECONDS = 1.0
"""How often at the least something is said: a connection without traffic may be cut."""
TRACEBACK_DEPTH = "100"
"""Airflow keeps two calls by default: the line of the DAG file may not be among them."""


class Voice:
    """Lines of JSON on what was stdout when the program began."""

    def __init__(self):
        sys.stdout.flush()
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)

    def say(self, **what):
        # One write for each line, however long; a lone surrogate in a path must not end it.
        self._out.write(json.dumps(what) + "\n")
        self._out.flush()


def main(options):
    """`options`: `bundles` with `name` and `path`, `folders` by what is in them, values of `variables`, `pointers` that
    the folder of `dags` has, `seconds` that a file may take."""
    voice = Voice()
    try:
        voice.say(result=parse(options, voice))
    except BaseException:
        voice.say(failed=traceback.format_exc())


def parse(options, voice):
    begun = time.monotonic()
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "client"
    os.environ["AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH"] = TRACEBACK_DEPTH
    voice.say(stage="import")
    import dag_file
    from airflow import __version__
    from airflow.configuration import conf

    jobs, unseen = find_all(options["bundles"], dag_file)
    import_for(jobs)
    dag_file.warm_up()
    limit = options.get("seconds") or conf.getint("dag_processor", "dag_file_processor_timeout", fallback=50)
    cores = len(os.sched_getaffinity(0))
    # What is there before the fork is not copied by a collection after it.
    gc.collect()
    gc.freeze()
    ready = time.monotonic()
    files = parse_all(jobs, lambda job: dag_file.parse(*job, options), cores, limit, voice)
    return {
        "airflow": __version__,
        "cores": cores,
        "environment": environment(conf),
        "files": [*unseen, *files],
        "pointers": find_pointers(options, dag_file),
        "seconds": {"import": ready - begun, "parse": time.monotonic() - ready},
    }


def find_all(bundles, dag_file):
    """Files with their bundles; and what Airflow would end at, of a bundle that it cannot look through."""
    jobs, unseen = [], []
    for bundle in bundles:
        try:
            jobs += [(bundle, path) for path in dag_file.find(bundle["path"])]
        except Exception as error:
            unseen += dag_file.unseen(bundle, f"{type(error).__name__}: {error}")
    return jobs, unseen


def find_pointers(options, dag_file):
    """Those in whose place Airflow would look for DAGs, and finds nothing."""
    wanted = {f"{options['folders']['dags']}/{path}": path for path in options.get("pointers") or ()}
    found = set()
    for bundle in options["bundles"] if wanted else ():
        # A folder that cannot be looked through has been told of.
        with contextlib.suppress(Exception):
            found.update(dag_file.find_all(bundle["path"]))
    return sorted(wanted[path] for path in found & wanted.keys())


def import_for(jobs):
    """What many files import is imported once, as Airflow's DAG processor does it."""
    from airflow.utils.file import iter_airflow_imports

    for _, path in jobs:
        # A file that cannot be read or parsed, or a module that is not there, is told of when the file is parsed.
        try:
            modules = list(iter_airflow_imports(path))
        except Exception:
            continue
        for module in modules:
            try:
                importlib.import_module(module)
            except Exception:
                continue


def environment(conf):
    """Names of variables and connections that stand in the environment, and whether a secrets backend may have more."""
    return {
        "variables": sorted(name[12:] for name in os.environ if name.startswith("AIRFLOW_VAR_")),
        "connections": sorted(name[13:] for name in os.environ if name.startswith("AIRFLOW_CONN_")),
        "backend": bool(
            conf.get("secrets", "backend", fallback="") or conf.get("workers", "secrets_backend", fallback="")
        ),
    }


def parse_all(jobs, work, cores, limit, voice):
    """What `work` says of each job, in their order."""
    found = {}
    waiting = collections.deque(enumerate(jobs))
    running = {}
    while waiting or running:
        while waiting and len(running) < cores:
            index, job = waiting.popleft()
            running[index] = Child(job, work, time.monotonic() + limit)
        connection.wait([end for child in running.values() for end in child.ends], LOOK_SECONDS)
        for index, child in list(running.items()):
            told = child.told(limit)
            if told is not None:
                found[index] = told
                del running[index]
        voice.say(parsed=len(found), files=len(jobs))
    return [found[index] for index in sorted(found)]


class Child:
    """A process that parses one file; it is killed when its time is over."""

    def __init__(self, job, work, deadline):
        context = multiprocessing.get_context("fork")
        self.job = job
        self.deadline = deadline
        self._reader, writer = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(job, work, writer))
        self._process.start()
        writer.close()

    @property
    def ends(self):
        return self._reader, self._process.sentinel

    def told(self, limit):
        """None while it is at work."""
        # Asked first: what it wrote before it ended is there to be read then.
        is_alive = self._process.is_alive()
        try:
            if self._reader.poll():
                return self._end(json.loads(self._reader.recv_bytes()))
        except (EOFError, OSError):
            return self._end(self._failed(f"the process that parsed it ended without a word ({self._reason()})"))
        if not is_alive:
            return self._end(self._failed(f"the process that parsed it ended without a word ({self._reason()})"))
        if time.monotonic() > self.deadline:
            return self._end(self._failed(f"it was not parsed within {limit:.0f} s", "timeout"))
        return None

    def _reason(self):
        self._process.join(LOOK_SECONDS)
        code = self._process.exitcode
        return signal.Signals(-code).name if code and code < 0 else f"exit code {code}"

    def _failed(self, text, kind="crash"):
        bundle, path = self.job
        file = os.path.relpath(path, bundle["path"])
        error = {"file": file, "kind": kind, "text": text, "line": None}
        return {"file": file, "bundle": bundle["name"], "errors": [error], "asked": [], "dags": []}

    def _end(self, told):
        # With whatever it has started.
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.join()
        self._reader.close()
        return told


def _run(job, work, writer):
    try:
        os.setsid()
        writer.send_bytes(json.dumps(work(job)).encode())
    finally:
        # Not what a DAG file has registered to be done at the end.
        os._exit(0)
