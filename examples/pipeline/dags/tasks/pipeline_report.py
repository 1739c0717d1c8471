"""Reads the table that another pod wrote; fails unless it is the whole."""

import csv

from airstrip_pods import argument, open_data

with open_data("examples", "pipeline/orders.csv", "r", newline="") as file:
    amounts = [float(order["amount"]) for order in csv.DictReader(file)]

rows = argument("rows", parse=int)
assert len(amounts) == rows, f"{len(amounts)} of {rows} orders"
print(f"{rows} orders, {sum(amounts):.2f} in all")
