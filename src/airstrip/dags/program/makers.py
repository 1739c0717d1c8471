"""Which file made a DAG: Airflow gives a file all DAGs that are made while it imports it, and names it as theirs."""

import os
import sys
from pathlib import Path


class Makers:
    """Of all DAGs that are made from now on, by the module whose top level ran: of a factory, the one that calls it.

    Airflow names modules in its own way: a file that another one imports may run twice, as two modules.
    """

    def __init__(self, cls):
        self._made = {}

        def make(cls_, *_, **__):
            dag = super(cls, cls_).__new__(cls_)
            # Kept with the DAG: an id is that of another object as soon as its own is gone.
            self._made[id(dag)] = dag, _module(sys._getframe(1))
            return dag

        # Before __init__, whose stack trace then has no line of ours.
        cls.__new__ = staticmethod(make)

    def files(self, bundle, path):
        """By the DAG's id: relative to the bundle where they are of it; empty for `path` itself, be that an archive.

        Of two DAGs that are alike, Airflow takes one.
        """
        found = {}
        for dag, module in self._made.values():
            if module is not None:
                found.setdefault(getattr(dag, "dag_id", None), set()).add(_file(module, bundle, path))
        return found

    def has_two(self, dags):
        """Of one id: not where one module ran as two."""
        modules = [id(self._made.get(id(dag), (dag, None))[1]) for dag in {id(dag): dag for dag in dags}.values()]
        return len(set(modules)) < len(modules)


def _file(module, bundle, path):
    file = Path(module["__file__"])
    if file.is_relative_to(path):
        return ""
    return os.path.relpath(file, bundle) if file.is_relative_to(bundle) else str(file)


def _module(frame):
    """The globals of the innermost module of a file whose top level runs."""
    while frame:
        if frame.f_code.co_name == "<module>" and frame.f_globals.get("__file__"):
            return frame.f_globals
        frame = frame.f_back
    return None
