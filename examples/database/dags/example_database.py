"""A table is written, goes to a CSV file of the project's data, and from there into another table.

Where the database is, the project says: `DATABASE_URL` among its settings, or its secrets where it holds a password.
"""

import csv
import logging

from airflow.sdk import dag, task
from sqlalchemy import text

from airstrip_pods import database, open_data, project

NAME = "examples-database"
DATABASE = project(NAME)
FILE = "database/orders.csv"
ORDERS = [{"customer": "Ada", "amount": 120.5}, {"customer": "Bob", "amount": 5}, {"customer": "Grace", "amount": 200}]
log = logging.getLogger(__name__)


def fill(connection, table, rows):
    """Makes the table anew, so that the task can be run again."""
    connection.execute(text(f"drop table if exists {table}"))
    connection.execute(text(f"create table {table} (customer varchar(80), amount numeric(10, 2))"))
    connection.execute(text(f"insert into {table} (customer, amount) values (:customer, :amount)"), rows)


@dag(schedule=None, tags=["example"], doc_md=__doc__)
def example_database():
    @task(**DATABASE.task)
    def write():
        # One transaction: all of it or nothing.
        with database(NAME).begin() as connection:
            fill(connection, "orders", ORDERS)
        log.info("%d orders written", len(ORDERS))

    @task(**DATABASE.task)
    def to_csv():
        with database(NAME).connect() as connection, open_data(NAME, FILE, "w", newline="") as file:
            rows = connection.execute(text("select customer, amount from orders order by customer"))
            writer = csv.writer(file)
            writer.writerow(rows.keys())
            writer.writerows(rows)

    @task(**DATABASE.task)
    def from_csv():
        with open_data(NAME, FILE, "r", newline="") as file:
            orders = list(csv.DictReader(file))
        with database(NAME).begin() as connection:
            fill(connection, "orders_copy", orders)
            select = "select count(*), sum(amount) from orders_copy where (customer, amount) in (select * from orders)"
            count, total = connection.execute(text(select)).one()
        assert count == len(ORDERS), f"{count} of {len(ORDERS)} orders came back"
        log.info("%d orders came back, %.2f in all", count, total)

    write() >> to_csv() >> from_csv()


example_database()
