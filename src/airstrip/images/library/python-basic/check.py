"""Does what the image is for; whatever does not work ends it with a traceback."""

import datetime

import dateutil.parser
import httpx
import psycopg2
import sqlalchemy
import yaml

import airstrip_pods

with sqlalchemy.create_engine("sqlite://").connect() as connection:
    assert connection.execute(sqlalchemy.text("select 6 * 7")).scalar() == 42
assert yaml.safe_load("{a: [1, 2]}") == {"a": [1, 2]}
assert dateutil.parser.isoparse("2026-01-31").date() == datetime.date(2026, 1, 31)
assert httpx.Client(trust_env=False).build_request("GET", "http://example.org/a").url.path == "/a"
print("python-basic works:", f"sqlalchemy {sqlalchemy.__version__}, psycopg2 {psycopg2.__version__},")
print("airstrip_pods", airstrip_pods.__version__)
