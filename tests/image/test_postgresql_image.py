from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.image.rooted import run_inside

Root = tuple[Path, dict[str, Any]]

_START = """
postgresql-entrypoint & server=$!
for _ in $(seq 300); do pg_isready -q -h 127.0.0.1 && break; sleep 0.1; done
ask() { PGPASSWORD="$1" psql -h 127.0.0.1 -U "$2" airflow -At -c "$3"; }
"""
_STOP = """
kill -INT $server
wait $server
"""


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """As a local volume with an fsGroup: root's folder, the group may write and owns what is made."""
    folder = tmp_path / "volume"
    folder.mkdir()
    os.chown(folder, 0, 999)
    folder.chmod(0o2770)
    return folder


def run_script(root: Root, volume: Path, script: str, password: str | None) -> str:
    done = run_inside(
        *root,
        ["sh", "-c", script],
        env={"POSTGRES_PASSWORD": password} if password else {},
        volumes={volume: "/var/lib/postgresql/data"},
        empty=("/run/postgresql", "/tmp"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_start_makes_the_database_and_the_next_keeps_it(postgresql_root: Root, volume: Path) -> None:
    password = 'it\'s "odd" \\ $x'
    run_script(postgresql_root, volume, "mkdir -m 700 $PGDATA.new; echo cut off >$PGDATA.new/PG_VERSION", None)

    first = run_script(
        postgresql_root,
        volume,
        f"""{_START}
        ask "$POSTGRES_PASSWORD" airflow "create table kept (a int); insert into kept values (7)"
        ask "$POSTGRES_PASSWORD" airflow "select current_setting('data_checksums'), current_setting('server_encoding')"
        ask "$POSTGRES_PASSWORD" airflow "select datcollate from pg_database where datname = 'airflow'"
        ask "$POSTGRES_PASSWORD" airflow "select rolsuper from pg_roles where rolname = 'airflow'"
        ask wrong airflow "select 1" || echo refused
        ask "$POSTGRES_PASSWORD" postgres "select 1" || echo refused
        grep -c . /proc/$server/environ | grep -q . && tr '\\0' '\\n' </proc/$server/environ | grep -c PASSWORD || :
        {_STOP}""",
        password,
    )
    assert [line for line in first.splitlines() if line in ("on|UTF8", "C.UTF-8", "f", "refused", "0")] == [
        "on|UTF8",
        "C.UTF-8",
        "f",
        "refused",
        "refused",
        "0",
    ]
    assert password not in first

    # What an fsGroup does to a volume when a pod mounts it again.
    (volume / "pgdata").chmod(0o2770)
    second = run_script(postgresql_root, volume, f'{_START} ask "$WORD" airflow "select 1" || :\n{_STOP}', None)
    assert "initdb" not in second
    third = run_script(
        postgresql_root,
        volume,
        f"""{_START}
        ask "$POSTGRES_PASSWORD" airflow "select a from kept"
        {_STOP}""",
        password,
    )
    assert "7" in third.splitlines()


def test_without_a_password_it_says_so(postgresql_root: Root, volume: Path) -> None:
    done = run_inside(
        *postgresql_root,
        postgresql_root[1]["Entrypoint"],
        volumes={volume: "/var/lib/postgresql/data"},
        empty=("/run/postgresql", "/tmp"),
    )

    assert done.returncode == 1
    assert "POSTGRES_PASSWORD" in done.stderr


def test_the_image_stops_by_a_fast_shutdown(postgresql_root: Root) -> None:
    _, config = postgresql_root

    assert config["StopSignal"] == "SIGINT"
    assert config["User"] == "999:999"
