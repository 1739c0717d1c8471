"""Whether a database that somebody gave may be migrated: nobody's Airflow is in it, or this deployment's own.

The table `airstrip` says whose it is, by the Fernet key; it is there before the first of Airflow's, so that a migration
that was cut off can be run again. Whoever owns the database may write ANYBODY there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import Column, Connection, MetaData, String, Table, column, delete, inspect, select, table

ANYBODY = "any"
MARK = Table("airstrip", MetaData(), Column("fernet_key", String(64)))
AIRFLOWS = frozenset({"ab_user", "alembic_version", "connection", "dag", "dag_run", "task_instance", "variable"})
"""Tables of every Airflow from 1.10 on; another program's `alembic_version` is as much in the way."""
_ENCRYPTED = (("connection", "password", "is_encrypted"), ("variable", "val", "is_encrypted"))


def claim(connection: Connection, fernet_keys: str, decrypt: Callable[[bytes], bytes]) -> None:
    """Marks the database as ours. Raises SystemExit, with nothing changed, where it is somebody else's.

    `fernet_keys` are Airflow's own setting, which lists the newest first; `decrypt` knows them all.
    """
    own = [hashlib.sha256(b"airstrip " + key.strip().encode()).hexdigest() for key in fernet_keys.split(",")]
    tables = set(inspect(connection).get_table_names())
    marks = set(connection.scalars(select(MARK.c.fernet_key))) if MARK.name in tables else set()
    if not marks & {*own, ANYBODY} and not _is_readable(connection, tables, decrypt):
        if marks:
            raise SystemExit("airstrip: the database is another deployment's, or this one's of before its keys went")
        if found := sorted(AIRFLOWS & tables):
            raise SystemExit(f"airstrip: the database has tables of an Airflow already: {', '.join(found)}")
    MARK.create(connection, checkfirst=True)
    connection.execute(delete(MARK))
    connection.execute(MARK.insert().values(fernet_key=own[0]))


def _is_readable(connection: Connection, tables: set[str], decrypt: Callable[[bytes], bytes]) -> bool:
    """Something is stored there, and our keys decrypt it: they came back from a copy, or were given with it."""
    for name, text, flag in _ENCRYPTED:
        if name not in tables:
            continue
        stored = select(column(text)).select_from(table(name)).where(column(flag), column(text) != "")
        for found in connection.scalars(stored.limit(1)):
            try:
                return bool(decrypt(found.encode()))
            except Exception:  # of cryptography's or of Airflow's own: it is not ours
                return False
    return False


def main() -> None:
    # Late: the rest needs no Airflow.
    from airflow.configuration import conf
    from airflow.models.crypto import get_fernet
    from sqlalchemy import create_engine

    with create_engine(conf.get_mandatory_value("database", "sql_alchemy_conn")).begin() as connection:
        claim(connection, conf.get_mandatory_value("core", "fernet_key"), get_fernet().decrypt)
