"""Which DAG is in which file, as it was last read."""

import json
import os
from pathlib import Path

from airstrip_pods.dag_runs import DagFiles

# Of operators that work on other DAGs, which must be in the database then.
_OTHERS = frozenset({"external_dag_id", "trigger_dag_id"})


def find_dag(folder, dag_id, index):
    """A bag with the DAG in it, where there is one: of its file alone, where that is known and will do."""
    file = known(index).get(dag_id, {}).get("file")
    if file and (Path(folder) / file).is_file():
        bag = DagFiles(folder, Path(folder) / file)
        if dag_id in bag.dags and not any(_OTHERS & {*task.template_fields} for task in bag.dags[dag_id].tasks):
            write_index(bag, folder, index, {**known(index)})
            return bag
    bag = DagFiles(folder)
    write_index(bag, folder, index, {})
    return bag


def known(index):
    try:
        return json.loads(Path(index).read_text())
    except (OSError, ValueError):
        return {}


def write_index(bag, folder, index, entries):
    """For the next run, and for the shell's completion."""
    for dag in bag.dags.values():
        file = os.path.relpath(dag.fileloc, folder)
        entries[dag.dag_id] = {"file": file, "tasks": sorted(dag.task_ids)}
    new = Path(f"{index}.new")
    new.write_text(json.dumps(entries, indent=0, sort_keys=True))
    new.replace(index)
