"""What the DAG files use that Airflow, or a provider, says it will not have any more: read by importing them.

Of templates, which nobody says anything of before they are rendered, what Airflow 3 took away: by the modules that
`airstrip dags check` has for that, whose folder is in the request.
"""

import importlib.util
import os
from pathlib import Path

from airstrip_dev.report import is_below, request, tell
from airstrip_pods.dag_runs import DagFiles

_KINDS = ("Deprecat", "RemovedIn")


def main():
    wanted = request()
    folder = wanted["folder"]
    bag = DagFiles(folder)
    texts = dict.fromkeys(text for captured in bag.captured_warnings.values() for text in captured)
    for text in texts:
        # As Airflow keeps a warning: `FILE:LINE: KIND: MESSAGE`.
        place, _, rest = text.partition(": ")
        kind, _, message = rest.partition(": ")
        file, _, line = place.rpartition(":")
        if is_below(file, folder) and line.isdigit() and any(part in kind for part in _KINDS):
            tell("deprecated", file=file, line=int(line), rule=kind.rpartition(".")[2], message=message)
    for dag in bag.dags.values():
        tell("templates", file=os.path.relpath(dag.fileloc, folder), **names_of(dag, Path(wanted["program"])))
    tell("parsed", errors=bag.import_errors)


def names_of(dag, program):
    """As `airstrip dags check` describes a DAG: lines, and each name with the task that has it."""
    template_names, known = load(program, "template_names"), load(program, "definitions").Definitions.of(dag.fileloc)
    environment = template_names.environment_of(dag)
    names = [
        {**name, "task": task.task_id, "line": known.task(task.task_id)}
        for task in dag.tasks
        for name in template_names.of(task, environment)
    ]
    return {"dag": dag.dag_id, "line": known.dag(dag.dag_id), "names": names}


def load(program, name):
    """Under a name that no module of the author's has."""
    spec = importlib.util.spec_from_file_location(f"airstrip_dev.{name}", program / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
