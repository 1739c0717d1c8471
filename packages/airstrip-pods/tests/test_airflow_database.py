"""A project's database by a connection of the real Airflow."""

from __future__ import annotations

import pytest

from airstrip_pods import ProjectError, database, database_url

PASSWORD = "s3cret-Pa55/@"


def test_a_connection_of_the_projects_name_is_its_database(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'{{"conn_type": "postgres", "host": "db", "login": "ada", "password": "{PASSWORD}", "schema": "sales"}}'
    monkeypatch.setenv("AIRFLOW_CONN_SALES", text)
    monkeypatch.setenv("AIRFLOW_CONN_SALES_DWH", text.replace('"db"', '"warehouse"'))
    url = database_url("sales")
    assert (url.get_backend_name(), url.host, url.username, url.password) == ("postgresql", "db", "ada", PASSWORD)
    assert database_url("sales", "dwh").host == "warehouse"
    engine = database("sales")
    assert engine.url.database == "sales"
    assert PASSWORD not in f"{url!r} {url} {engine!r}"


def test_the_projects_secret_counts_before_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SALES", "postgres://connection/sales")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret/sales")
    assert database_url("sales").host == "secret"


def test_without_either_it_says_where_both_are_looked_for() -> None:
    with pytest.raises(ProjectError, match=r"DATABASE_URL is not set, and Airflow has no connection 'sales'"):
        database("sales")


def test_a_connection_that_is_no_database_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SALES", "kubernetes://")
    with pytest.raises(ProjectError, match="of the type 'kubernetes'"):
        database_url("sales")
