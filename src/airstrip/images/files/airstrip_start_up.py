"""Run at every start of the image's Python, by a .pth file: garbage collection that suits long imports.

Airflow imports some 1,500 modules at each start, all of which stay; looking through them again and
again was a fifth of a task's CPU time (docs/benchmarks.md). The recipe is of the `gc` module's own
documentation: collect rarely before a fork, freeze what is there, collect as usual in the child,
where the user's code runs.
"""

import gc
import os

_usual = gc.get_threshold()
# Garbage in cycles that may lie about; what nothing refers to any longer is freed at once, as ever.
_OBJECTS = 100_000


def _freeze() -> None:
    # Once: a process that forks for ever, as the dag-processor does, would keep each round's garbage.
    if not gc.get_freeze_count():
        gc.freeze()


def _collect_as_usual() -> None:
    gc.set_threshold(*_usual)


gc.set_threshold(_OBJECTS, *_usual[1:])
os.register_at_fork(before=_freeze, after_in_child=_collect_as_usual)
