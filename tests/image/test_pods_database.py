"""A project's database on a real PostgreSQL: two images, with a socket between them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.image.rooted import run_inside

Root = tuple[Path, dict[str, Any]]

PASSWORD = "s3cret/@ Pa55"
_SERVER = """
postgresql-entrypoint & server=$!
until pg_isready -q -h 127.0.0.1; do sleep 0.1; done
sed -i '1i local airflow airflow scram-sha-256' "$PGDATA/pg_hba.conf"
pg_ctl reload
touch /run/postgresql/ready
while [ ! -e /run/postgresql/stop ]; do sleep 0.1; done
kill -INT $server
wait $server
"""
_TASK = """
import json
from airstrip_pods import database, database_url
from sqlalchemy import text
engine = database("sales")
with engine.begin() as connection:
    connection.execute(text("create table author (name text)"))
    connection.execute(text("insert into author values (:name)"), [{"name": "Ada"}, {"name": "Grace"}])
with database("sales").connect() as connection:
    names = connection.execute(text("select name from author order by name")).scalars().all()
    version = connection.execute(text("show server_version_num")).scalar()
print(json.dumps({"names": names, "version": version, "url": repr(database_url("sales")), "engine": repr(engine)}))
"""
_REFUSED = """
from airstrip_pods import database
database("sales").connect()
"""


@contextmanager
def server(root: Root, folder: Path) -> Iterator[Path]:
    """A folder with the server's socket."""
    volume, socket = folder / "volume", folder / "socket"
    for path in (volume, socket):
        path.mkdir()
        os.chown(path, 999, 999)
        path.chmod(0o755)
    mounts = {volume: "/var/lib/postgresql/data", socket: "/run/postgresql"}
    options = {"env": {"POSTGRES_PASSWORD": PASSWORD}, "volumes": mounts}
    thread = threading.Thread(target=run_inside, args=(*root, ["sh", "-c", _SERVER]), kwargs=options)
    thread.start()
    try:
        yield socket
    finally:
        (socket / "stop").touch()
        thread.join()


def run_task(root: Root, socket: Path, program: str, password: str) -> tuple[str, str]:
    """What the task prints, with the URL as a project's Secret would give it."""
    url = f"postgresql://airflow:{quote(password, safe='')}@/airflow?host=/mnt"
    wait = "import os, time\nwhile not os.path.exists('/mnt/ready'): time.sleep(0.1)\n"
    done = run_inside(
        *root, ["python", "-c", wait + program], env={"DATABASE_URL": url, "HOME": "/tmp"}, volumes={socket: "/mnt"}
    )
    return done.stdout, done.stderr


def test_a_task_writes_and_reads_and_its_password_is_printed_nowhere(
    airflow_root: Root, postgresql_root: Root, tmp_path: Path
) -> None:
    with server(postgresql_root, tmp_path) as socket:
        printed, errors = run_task(airflow_root, socket, _TASK, PASSWORD)
        refused = run_task(airflow_root, socket, _REFUSED, f"wrong-{PASSWORD}")
    found = json.loads(printed or errors)
    assert found["names"] == ["Ada", "Grace"]
    assert found["version"].startswith("15")
    assert "***" in found["url"]
    assert "password authentication failed" in refused[1]
    for text in (printed, errors, *refused):
        assert "s3cret" not in text
