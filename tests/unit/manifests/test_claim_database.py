"""Whose a given database is, on SQLite; with PostgreSQL and Airflow: tests/cluster/test_host_database.py."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import Connection, create_engine, inspect, text

SCRIPTS = Path(str(files("airstrip.manifests"))) / "files" / "scripts"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with create_engine("sqlite://").connect() as connection:
        yield connection


def claim(connection: Connection, keys: str) -> None:
    fernet = MultiFernet([Fernet(key) for key in keys.split(",")])
    runpy.run_path(str(SCRIPTS / "claim_database.py"))["claim"](connection, keys, fernet.decrypt)


def make_airflow(connection: Connection, *, key: str = "") -> None:
    connection.execute(text("CREATE TABLE dag (dag_id VARCHAR(250))"))
    connection.execute(text("CREATE TABLE connection (password VARCHAR(500), is_encrypted BOOLEAN)"))
    connection.execute(text("CREATE TABLE variable (val TEXT, is_encrypted BOOLEAN)"))
    if key:
        stored = Fernet(key.encode()).encrypt(b"a password").decode()
        connection.execute(text("INSERT INTO variable VALUES (:val, :flag)"), {"val": stored, "flag": True})


def marks(connection: Connection) -> list[Any]:
    return list(connection.scalars(text("SELECT fernet_key FROM airstrip")))


def refusal(connection: Connection, keys: str) -> str:
    before = inspect(connection).get_table_names()
    with pytest.raises(SystemExit) as caught:
        claim(connection, keys)
    assert inspect(connection).get_table_names() == before
    return str(caught.value)


def test_an_empty_one_is_marked_and_known_again(connection: Connection) -> None:
    claim(connection, NEW)
    (mark,) = marks(connection)
    assert NEW not in mark
    make_airflow(connection)  # a migration that was cut off, and one that was not
    claim(connection, NEW)
    assert marks(connection) == [mark]


def test_one_with_others_tables_beside_is_taken(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE spatial_ref_sys (srid INTEGER)"))
    claim(connection, NEW)
    assert len(marks(connection)) == 1


@pytest.mark.parametrize("key", ["", OLD], ids=["empty", "filled"])
def test_an_airflow_that_is_there_is_left_alone(connection: Connection, key: str) -> None:
    make_airflow(connection, key=key)
    assert refusal(connection, NEW) == (
        "airstrip: the database has tables of an Airflow already: connection, dag, variable"
    )


def test_one_of_another_deployment_is_left_alone_whatever_is_in_it(connection: Connection) -> None:
    claim(connection, OLD)
    assert refusal(connection, NEW).startswith("airstrip: the database is another deployment's")
    make_airflow(connection, key=OLD)
    assert refusal(connection, NEW).startswith("airstrip: the database is another deployment's")


def test_what_the_keys_read_is_theirs(connection: Connection) -> None:
    make_airflow(connection, key=OLD)
    claim(connection, OLD)
    assert len(marks(connection)) == 1


def test_keys_that_take_turns_stay_its_owner(connection: Connection) -> None:
    claim(connection, OLD)
    make_airflow(connection, key=OLD)
    old = marks(connection)
    claim(connection, f"{NEW},{OLD}")
    assert marks(connection) != old
    claim(connection, NEW)


def test_its_owner_may_give_it_away(connection: Connection) -> None:
    make_airflow(connection, key=OLD)
    connection.execute(text("CREATE TABLE IF NOT EXISTS airstrip (fernet_key varchar(64))"))
    connection.execute(text("INSERT INTO airstrip VALUES ('any')"))
    claim(connection, NEW)
    assert "any" not in marks(connection)
    refusal(connection, Fernet.generate_key().decode())
