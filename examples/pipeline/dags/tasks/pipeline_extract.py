"""Writes a table as CSV; returns how many rows it has."""

import csv

from airstrip_pods import open_data, return_xcom

ORDERS = [("Ada", 120.5), ("Bob", 5), ("Grace", 200)]

with open_data("examples", "pipeline/orders.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["customer", "amount"])
    writer.writerows(ORDERS)

return_xcom({"rows": len(ORDERS)})
print(f"{len(ORDERS)} orders written")
