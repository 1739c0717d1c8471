"""As many tasks as there are items, which is known only when it runs: 100, or what a run is given as `items`."""

import logging

from airflow.sdk import Param, dag, get_current_context, task

log = logging.getLogger(__name__)


@dag(
    schedule=None,
    tags=["example"],
    doc_md=__doc__,
    # How many of them have a pod at a time.
    max_active_tasks=16,
    params={"items": Param(100, type="integer", minimum=1)},
)
def example_mapping():
    @task
    def items() -> list[int]:
        return list(range(1, get_current_context()["params"]["items"] + 1))

    @task(map_index_template="{{ task.op_kwargs['item'] }}")
    def square(item: int) -> int:
        return item * item

    @task
    def total(squares) -> int:
        found = list(squares)
        log.info("%d squares, %d in all", len(found), sum(found))
        return sum(found)

    total(square.expand(item=items()))


example_mapping()
