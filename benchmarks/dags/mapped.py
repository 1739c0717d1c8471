"""32 mapped empty tasks: how fast pods come and go."""

from airflow.sdk import dag, task


@dag(schedule=None, max_active_tasks=64)
def mapped():
    @task
    def empty(number: int) -> None:
        pass

    empty.expand(number=list(range(32)))


mapped()
