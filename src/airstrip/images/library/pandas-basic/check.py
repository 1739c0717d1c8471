"""Does what the image is for; whatever does not work ends it with a traceback."""

import tempfile
from pathlib import Path

import duckdb
import pandas as pd
import psycopg2
import sqlalchemy

import airstrip_pods

table = pd.DataFrame({"city": ["Oslo", "Rome", "Oslo"], "rides": [3, 4, 5]})
with tempfile.TemporaryDirectory() as folder:
    for name, write, read in (
        ("rides.parquet", table.to_parquet, pd.read_parquet),
        ("rides.xlsx", table.to_excel, pd.read_excel),
        ("rides.csv", table.to_csv, pd.read_csv),
    ):
        path = Path(folder) / name
        write(path, index=False)
        pd.testing.assert_frame_equal(read(path), table)
    files = f"{folder}/*.parquet"
    sums = duckdb.sql(f"select city, sum(rides) as rides from '{files}' group by city order by city").fetchall()
assert sums == [("Oslo", 8), ("Rome", 4)], sums
engine = sqlalchemy.create_engine("sqlite://")
with engine.begin() as connection:
    table.to_sql("rides", connection, index=False)
    assert pd.read_sql("select sum(rides) as rides from rides", connection)["rides"].tolist() == [12]
print("pandas-basic works:", f"pandas {pd.__version__}, duckdb {duckdb.__version__}, psycopg2 {psycopg2.__version__},")
print("airstrip_pods", airstrip_pods.__version__)
