"""Where a project's database is, and that nothing prints its password."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path

import pytest
from sqlalchemy import text

from airstrip_pods import ProjectError, database, database_url
from airstrip_pods.databases import connection_name, variable_name

PASSWORD = "s3cret-Pa55"


def test_a_table_is_written_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/sales.db")
    engine = database("sales")
    with engine.begin() as connection:
        connection.execute(text("create table author (name text)"))
        connection.execute(text("insert into author values (:name)"), [{"name": "Ada"}, {"name": "Grace"}])
    with database("sales").connect() as connection:
        assert connection.execute(text("select name from author order by name")).scalars().all() == ["Ada", "Grace"]
    engine.dispose()


def test_a_second_database_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///first.db")
    monkeypatch.setenv("DATA_WAREHOUSE_URL", "sqlite:///second.db")
    assert database_url("sales").database == "first.db"
    assert database_url("sales", "data-warehouse").database == "second.db"
    assert variable_name("data-warehouse") == "DATA_WAREHOUSE_URL"
    assert (connection_name("sales"), connection_name("sales", "dwh")) == ("sales", "sales_dwh")


def test_options_are_sqlalchemys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    assert database("sales", echo=True).echo is True


@pytest.mark.parametrize(
    "written",
    [
        f"postgresql://ada:{PASSWORD}@db:5432/sales",
        f"postgres://ada:{PASSWORD}@db:5432/sales",
        f"postgresql://db:5432/sales?user=ada&password={PASSWORD}",
        f"  postgresql://ada:{PASSWORD}@db:5432/sales\n",
    ],
)
def test_no_way_to_write_a_password_prints_it(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", written)
    url = database_url("sales")
    assert (url.get_backend_name(), url.username, url.password, url.host) == ("postgresql", "ada", PASSWORD, "db")
    assert PASSWORD not in f"{url} {url!r} {[url]}"


@pytest.mark.parametrize(
    "written",
    [
        f"ada:{PASSWORD}@db/sales",
        f"postgresql://ada:{PASSWORD}@db:port/sales",
        f"postgresql://ada:{PASSWORD}/with/slashes:@db:1:2/sales",
        PASSWORD,
    ],
)
def test_a_url_that_cannot_be_read_is_not_printed(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", written)
    with pytest.raises(ProjectError, match="DATABASE_URL is not the URL of a database") as caught:
        database_url("sales")
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("installed", "bare", "driver"),
    [
        ({"psycopg2", "psycopg"}, "postgresql", "postgresql+psycopg2"),
        ({"psycopg"}, "postgres", "postgresql+psycopg"),
        ({"pymysql"}, "mysql", "mysql+pymysql"),
        (set(), "postgresql", "postgresql+psycopg2"),
        (set(), "postgresql+asyncpg", "postgresql+asyncpg"),
    ],
)
def test_the_driver_is_one_that_is_installed(
    installed: set[str], bare: str, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec("json")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: found if name in installed else None)
    monkeypatch.setenv("DATABASE_URL", f"{bare}://db/sales")
    assert database_url("sales").drivername == driver


def test_a_pod_that_was_not_told_says_what_to_do() -> None:
    assert importlib.util.find_spec("airflow") is None, "this test is for an image without Airflow"
    with pytest.raises(ProjectError, match=r"DATABASE_URL is not set, and Airflow.*project's Secret"):
        database_url("sales")


def test_another_projects_database_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRSTRIP_PROJECT", "other")
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    with pytest.raises(ProjectError, match="a pod of the project 'other'"):
        database("sales")


def test_an_image_without_sqlalchemy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    with pytest.raises(ProjectError, match=r"Add sqlalchemy and .* requirements\.txt"):
        database("sales")
