"""The DAG file that verify saves or pushes, to see it come and go."""

from __future__ import annotations

_DAG = '''"""Made by `./airstrip verify`, and taken away by it."""

from airflow.sdk import dag


@dag(schedule=None)
def {name}():
    pass


{name}()
'''


def dag_text(name: str) -> str:
    """`name` is the DAG's id."""
    return _DAG.format(name=name)
