"""Two tasks, one after the other. Run it with: ./airstrip run hello"""

from airflow.sdk import dag, task


@dag(schedule=None, tags=["example"])
def hello():
    @task
    def greet(name: str = "world") -> str:
        print(f"Hello, {name}!")
        return name

    @task
    def count(name: str) -> int:
        print(f"That name has {len(name)} letters.")
        return len(name)

    count(greet())


hello()
