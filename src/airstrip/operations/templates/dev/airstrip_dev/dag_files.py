"""Reads DAG files as Airflow does, and keeps which DAG is in which file."""

import json
import os
from pathlib import Path

from airflow.dag_processing.dagbag import BundleDagBag


class Bag(BundleDagBag):
    """Airflow's own, which also sees a DAG id that one file gives twice: Airflow keeps the last."""

    def __init__(self, folder, file=None):
        self.ids = {}
        self.twice = []
        super().__init__(dag_folder=str(file or folder), bundle_path=Path(folder), bundle_name="main")

    def bag_dag(self, dag):
        others = self.ids.setdefault(dag.dag_id, [])
        if any(other is not dag and other.fileloc == dag.fileloc for other in others):
            self.twice.append((dag.dag_id, dag.fileloc))
        others.append(dag)
        super().bag_dag(dag=dag)


def find_dag(folder, dag_id, index):
    """A bag with the DAG in it, where there is one: of its file alone, as far as that is known."""
    file = known(index).get(dag_id, {}).get("file")
    if file and (Path(folder) / file).is_file():
        bag = Bag(folder, Path(folder) / file)
        if dag_id in bag.dags:
            write_index(bag, folder, index, {**known(index)})
            return bag
    bag = Bag(folder)
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
