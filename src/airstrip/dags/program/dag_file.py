"""One DAG file, parsed by Airflow's own parts as its DAG processor puts them together, and what its DAGs name."""

import os
import re
from pathlib import Path

import dag_names
import structlog
from airflow.dag_processing import processor
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import ErrorType
from airflow.sdk.execution_time import comms, task_runner
from airflow.utils.dag_version_inflation_checker import check_dag_file_stability
from airflow.utils.file import list_py_file_paths
from definitions import Definitions, is_written
from makers import Makers

_FAULTY_TASK = re.compile(r"Faulty task: (\S+)")
_TWICE = re.compile(r": (/.*) has appeared more than once")
_NOT_THERE = re.compile(r"(?:No module named|There is no project) '([^']+)'")
_TIMEOUT = "AirflowTaskTimeout"
_DATABASE = "(sqlite3.OperationalError)"
"""As SQLAlchemy tells it. There is no database of Airflow's here: a file that asks it cannot be judged."""
_MAKERS = Makers(DAG)


class Bag(BundleDagBag):
    """Remembers what it was given: of two DAGs with one id, a bag keeps the last without a word."""

    def __init__(self, *args, **kwargs):
        self.given = []
        super().__init__(*args, **kwargs)

    def bag_dag(self, dag):
        self.given.append(dag)
        super().bag_dag(dag)


class Asked:
    """Stands for Airflow where a file asks for variables and connections, and remembers for which.

    `values` are those of variables, by name; what is not there is not found.
    """

    def __init__(self, values):
        self._values = values
        self.names = {}

    def send(self, message):
        if isinstance(message, comms.GetVariable):
            value = self._values.get(message.key)
            self.names["variable", message.key] = value is not None
            if value is not None:
                return comms.VariableResult(key=message.key, value=value)
            return comms.ErrorResponse(error=ErrorType.VARIABLE_NOT_FOUND)
        if isinstance(message, comms.GetConnection):
            self.names["connection", message.conn_id] = False
            return comms.ErrorResponse(error=ErrorType.CONNECTION_NOT_FOUND)
        if isinstance(message, comms.GetVariableKeys):
            self.names["variable", message.prefix or "*"] = False
            return comms.VariableKeysResult(keys=[], total_entries=0)
        return comms.OKResponse(ok=True)

    async def asend(self, message):
        return self.send(message)


def warm_up():
    """Imports once what every DAG needs: much of Airflow is imported when it is first used."""
    from airflow.sdk import DAG, dag, task

    with DAG("warm_up") as made:

        @task
        def nothing(): ...

        nothing()
    processor.DagSerialization.to_dict(made)
    dag(dag_id="warm_up_too")(lambda: None)()
    Definitions.of(__file__)
    dag_names.of(made, Definitions({}, {}))


def find(folder):
    """The files that Airflow would parse, in order."""
    from airflow.configuration import conf

    safe = conf.getboolean("core", "dag_discovery_safe_mode")
    return sorted(list_py_file_paths(folder, safe_mode=safe))


def find_all(folder):
    """With those that have no word of a DAG in them: what .airflowignore names is none of them."""
    return list_py_file_paths(folder, safe_mode=False)


def unseen(bundle, text):
    """What keeps Airflow from looking through the folder: links to folders that it would meet twice, else its words."""
    root = Path(bundle["path"]).resolve()
    links = {}
    for place, folders, _ in os.walk(root):
        for path in (Path(place, name) for name in folders):
            target = path.resolve()
            if path.is_symlink() and target.is_relative_to(root):
                links[str(path.relative_to(root))] = target
    # Airflow names the folder that it met twice: by a link to it, or to one around it.
    twice = Path(found[1]) if (found := _TWICE.search(text)) else None
    named = sorted(path for path, target in links.items() if twice and twice.is_relative_to(target))
    for path in named:
        yield _refused(bundle, path, "loop", str(links[path].relative_to(root)))
    if not named:
        yield _refused(bundle, ".", "walk", text)


def _refused(bundle, file, kind, text):
    error = {"file": file, "kind": kind, "text": text, "line": None}
    return {"file": file, "bundle": bundle["name"], "errors": [error], "asked": [], "dags": []}


def parse(bundle, path, options):
    """As JSON: `errors` are Airflow's refusals, `asked` what the file asked Airflow for, `dags` what it defines."""
    asked = task_runner.SUPERVISOR_COMMS = Asked(options.get("variables") or {})
    unstable = check_dag_file_stability(path).get_error_format_dict(path, bundle["path"])
    if unstable:
        bag, errors, given = None, unstable, []
    else:
        bag = Bag(dag_folder=path, bundle_path=Path(bundle["path"]), bundle_name=bundle["name"], load_op_links=False)
        _, refused = processor._serialize_dags(bag, structlog.get_logger("airstrip"))
        errors, given = {**bag.import_errors, **refused}, bag.given
    known = Definitions.of(path)
    dags = [_described(dag, known) for dag in bag.dags.values()] if bag else []
    makers = _MAKERS.files(bundle["path"], path)
    for row in dags:
        # Empty for the file itself, which goes before what it imports.
        row["made_in"] = min(makers.get(row["dag"]) or {""})
    given = {name: [dag for dag in given if dag.dag_id == name] for name in {dag.dag_id for dag in given}}
    return {
        "file": os.path.relpath(path, bundle["path"]),
        "bundle": bundle["name"],
        "errors": [_error(bundle, path, file, str(text), known) for file, text in errors.items()],
        "asked": [{"kind": kind, "name": name, "given": ok} for (kind, name), ok in asked.names.items()],
        "dags": dags,
        "twice": sorted(
            name for name, found in given.items() if len(makers.get(name, ())) > 1 or _MAKERS.has_two(found)
        ),
    }


def _described(dag, known):
    """Airflow takes the DAG all the same where we cannot look into its tasks."""
    row = {"dag": dag.dag_id, "line": known.dag(dag.dag_id), "tasks": len(dag.tasks)}
    try:
        return {**row, "names": dag_names.of(dag, known)}
    except Exception as error:
        return {**row, "names": [], "unknown": f"{type(error).__name__}: {error}"}


def _error(bundle, path, file, text, known):
    last = text.strip().rpartition("\n")[2]
    kind = "import"
    if last.startswith("AirflowDagCycleException"):
        kind = "cycle"
    elif _TIMEOUT in text:
        kind = "timeout"
    elif _DATABASE in text:
        kind = "database"
    # Of a file within an archive, Airflow has the whole path.
    relative = os.path.relpath(file, bundle["path"]) if Path(file).is_absolute() else file
    lacks = _NOT_THERE.search(last)
    return {
        "file": relative,
        "kind": kind,
        "text": text,
        "line": _line(path, text, known),
        "is_written": not lacks or is_written(lacks[1], set(re.findall(r'File "(/[^"]+)", line', text))),
    }


def _line(path, text, known):
    """The last line of this file that the stack trace names; without one, where the task or the DAG is defined."""
    lines = re.findall(rf'File "{re.escape(str(path))}(?:/[^"]*)?", line (\d+)', text)
    if lines:
        return int(lines[-1])
    if task := _FAULTY_TASK.search(text):
        return known.task(task[1].rstrip(".")) or known.only_dag()
    return known.only_dag()
