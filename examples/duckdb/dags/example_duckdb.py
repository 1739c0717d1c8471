"""A table in many files, made in parallel and summed up with a bound on memory: DuckDB, and no cluster of Spark.

DuckDB reads Parquet by columns and in chunks, and what does not fit into its memory goes to the disk. It reads through
fsspec, so the files are in a folder on a laptop and in an object store in a cloud.
"""

import logging
import shutil
import tempfile
from pathlib import Path

from airflow.sdk import Param, dag, get_current_context, task
from fsspec.core import url_to_fs

from airstrip_pods import data_url, open_data, project

NAME = "examples"
EXAMPLES = project(NAME)
ROWS = """
select {part} * {rows} + i as ride, date '2026-01-01' + (i % 365)::int as day, 5 + (i * 7919) % 4000 / 100 as fare
from range({rows}) as numbers(i)
"""
log = logging.getLogger(__name__)


def folder():
    return f"duckdb/{get_current_context()['run_id']}"


@dag(
    schedule=None,
    tags=["example"],
    doc_md=__doc__,
    params={"parts": Param(3, type="integer", minimum=1), "rows": Param(1_000_000, type="integer", minimum=1)},
)
def example_duckdb():
    @task
    def parts():
        return list(range(get_current_context()["params"]["parts"]))

    @task(**EXAMPLES.task)
    def write(part):
        # Imported where it is needed: the DAG processor reads this file all the time.
        import duckdb

        rows = ROWS.format(part=part, rows=get_current_context()["params"]["rows"])
        with tempfile.TemporaryDirectory() as name:
            made = Path(name, "rides.parquet")
            duckdb.sql(rows).write_parquet(str(made))
            # There under its name when it is whole.
            with made.open("rb") as source, open_data(NAME, f"{folder()}/{part}.parquet", "wb") as file:
                shutil.copyfileobj(source, file)

    @task(**EXAMPLES.task)
    def report():
        import duckdb

        files, root = url_to_fs(data_url(NAME))
        scheme = data_url(NAME).partition(":")[0]
        paths = [f"{scheme}://{path}" for path in files.glob(f"{root}/{folder()}/*.parquet")]
        with tempfile.TemporaryDirectory() as name, duckdb.connect() as connection:
            connection.register_filesystem(files)
            connection.execute(f"set memory_limit = '128MB'; set temp_directory = '{name}'")
            query = "select month(day), count(*), avg(fare) from read_parquet(?) group by all order by all"
            months = connection.execute(query, [paths]).fetchall()
        with open_data(NAME, f"{folder()}/report.csv", "w") as file:
            file.writelines(f"{month},{rides},{fare:.2f}\n" for month, rides, fare in months)
        for month, rides, fare in months[:3]:
            log.info("month %d: %d rides, %.2f on average", month, rides, fare)
        log.info("%d rides in %d files", sum(rides for _, rides, _ in months), len(paths))

    write.expand(part=parts()) >> report()


example_duckdb()
