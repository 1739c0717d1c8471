"""The environment of Airflow on an author's machine: the file's settings, the author's connections, nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fsspec.core import url_to_fs

from airstrip.errors import AirstripError, UsageError
from airstrip.operations.authoring.home import Home, ensure_database, ensure_home, home_of, making_database
from airstrip.operations.authoring.program import PROGRAMS
from airstrip.operations.authoring.variables import file_variables, process_variables, read_variables
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS
from airstrip_pods import data_url, open_data

FILE = """
apiVersion: airstrip/v1
name: shop
dags: {path: dags}
airflow:
  config:
    core: {default_timezone: Europe/Rome}
    scheduler: {create_cron_data_intervals: true}
    database: {sql_alchemy_pool_size: 20}
    metrics: {statsd_on: true}
    logging: {remote_log_conn_id: logs, logging_level: DEBUG}
  env: {REGION: north, COLOR: red}
components:
  task: {env: {COLOR: blue}}
"""


def spec_in(folder: Path) -> Spec:
    file = folder / "airstrip.yaml"
    file.write_text(FILE)
    return load_spec(file, TARGET_SPECS)


def test_the_files_settings_but_for_those_of_a_cluster(tmp_path: Path) -> None:
    assert file_variables(spec_in(tmp_path)) == {
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Europe/Rome",
        "AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS": "true",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        "REGION": "north",
        "COLOR": "blue",
    }


def test_the_shells_own_airflow_does_not_count_and_its_connections_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", "/elsewhere")
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", "/elsewhere")
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", "http://shop")
    spec = spec_in(tmp_path)
    home = home_of(spec)
    ensure_home(home)
    found = process_variables(spec, home, Path("/venv/bin/python"), tmp_path / "dags", {"AIRFLOW_VAR_DAY": "1"})
    assert found["AIRFLOW__CORE__DAGS_FOLDER"] is None
    assert found["PYTHONPYCACHEPREFIX"] is None
    assert found["AIRFLOW_HOME"] == str(tmp_path / ".airstrip" / "shop" / "dev")
    assert "AIRFLOW_CONN_SHOP" not in found, "it is inherited"
    assert found["AIRFLOW_VAR_DAY"] == "1"
    assert str(found["PATH"]).startswith("/venv/bin:")
    assert found["AIRSTRIP_DATA_URL"] == f"file://{tmp_path}/.airstrip/shop/dev/data"
    assert str(found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]).startswith(f"sqlite:///{tmp_path}/")


def test_data_is_found_where_the_home_has_it_whatever_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "Über uns" / "100% mine"
    project.mkdir(parents=True)
    home = home_of(spec_in(project))
    ensure_home(home)
    found = process_variables(spec_in(project), home, Path("/venv/bin/python"), project / "dags", {})
    monkeypatch.setenv("AIRSTRIP_DATA_URL", str(found["AIRSTRIP_DATA_URL"]))
    with open_data("sales", "out/a b.txt", "w") as file:
        file.write("kept")
    assert (home.data / "sales/out/a b.txt").read_text() == "kept"
    with url_to_fs(f"{data_url('sales')}/out/a b.txt")[0].open(f"{data_url('sales')}/out/a b.txt") as by_fsspec:
        assert by_fsspec.read() == b"kept"
    assert [path.name for path in tmp_path.iterdir()] == ["Über uns"]


def test_a_home_ignores_itself_and_keeps_its_keys(tmp_path: Path) -> None:
    home = home_of(spec_in(tmp_path))
    ensure_home(home)
    keys = home.keys()
    ensure_home(home)
    assert home.keys() == keys
    assert len(keys["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    assert (tmp_path / ".airstrip" / ".gitignore").read_text() == "*\n"
    assert home.folder.stat().st_mode & 0o777 == 0o700
    assert (home.folder / "keys.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left", ["", '{"AIRFLOW__CORE__FERN'])
def test_keys_that_were_cut_off_are_made_anew(tmp_path: Path, left: str) -> None:
    home = home_of(spec_in(tmp_path))
    home.folder.mkdir(parents=True)
    (home.folder / "keys.json").write_text(left)
    ensure_home(home)
    assert len(home.keys()) == 3


@pytest.mark.parametrize("left", [None, "", '{"AIRFLOW__CORE__FERN'])
def test_of_many_that_make_a_homes_keys_at_once_all_have_those_of_the_first(tmp_path: Path, left: str | None) -> None:
    """Over and over: who saw no key, or half of one, may come to remove it when another has just made it."""

    def make(home: Home) -> Mapping[str, str]:
        ensure_home(home)
        return home.keys()

    for turn in range(40):
        home = Home(tmp_path / str(turn) / ".airstrip" / "shop" / "dev", "3.3.2")
        home.folder.mkdir(parents=True)
        if left is not None:
            (home.folder / "keys.json").write_text(left)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(make, [home] * 8))
        assert found == [home.keys()] * 8, turn


def test_of_two_that_make_a_home_at_once_both_have_that_of_the_first(tmp_path: Path) -> None:
    home = home_of(spec_in(tmp_path))
    migrated = tmp_path / "migrated.db"
    migrated.write_bytes(b"x" * 1_000_000)

    def make(_: int) -> tuple[Mapping[str, str], int]:
        ensure_home(home)
        ensure_database(home, migrated)
        with home.database.open("rb") as file:
            return home.keys(), len(file.read())

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(make, range(8)))
    assert found == [(home.keys(), 1_000_000)] * 8
    names = {path.name for path in home.folder.iterdir()}
    assert names == {"airflow-3.3.2.db", "airflow.cfg", "data", "keys.json"}
    assert home.database.stat().st_mode & 0o777 == 0o600


def test_a_database_that_cannot_be_made_is_told_of_with_its_place(tmp_path: Path) -> None:
    for reason in (OSError(28, "No space left on device"), sqlite3.DatabaseError("database or disk is full")):
        with pytest.raises(AirstripError) as raised, making_database(tmp_path / "airflow.db"):
            raise reason
        assert raised.value.code == "dev.no-database"
        assert str(tmp_path / "airflow.db") in raised.value.message
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_named_by_a_way_around_has_the_same_home(tmp_path: Path) -> None:
    spec_in(tmp_path)
    (tmp_path / "other").mkdir()
    around = load_spec(tmp_path / "other" / ".." / "airstrip.yaml", TARGET_SPECS)
    assert home_of(around).folder == tmp_path / ".airstrip" / "shop" / "dev"


def test_root_leaves_nothing_in_somebody_elses_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / ".airstrip" / "shop" / "dev", "3.3.2")
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: 0)
    if owner == 0:
        import os

        os.chown(tmp_path, 65534, 65534)
    with pytest.raises(UsageError) as raised:
        ensure_home(home)
    assert raised.value.code == "dev.not-yours"
    assert not (tmp_path / ".airstrip").exists()


def test_a_file_of_variables(tmp_path: Path) -> None:
    file = tmp_path / "dev.env"
    file.write_text("# comment\n\nexport A=1\n B = two words \nC='quoted # text'\nD=\nE=a=b\n")
    assert read_variables(file) == {"A": "1", "B": "two words", "C": "quoted # text", "D": "", "E": "a=b"}


@pytest.mark.parametrize("line", ["hunter2", "=hunter2", "A B=hunter2", "1A=hunter2"])
def test_a_line_that_is_none_is_named_and_not_repeated(tmp_path: Path, line: str) -> None:
    file = tmp_path / "dev.env"
    file.write_text(f"A=1\n{line}\n")
    with pytest.raises(UsageError) as raised:
        read_variables(file)
    assert raised.value.code == "dev.env-line"
    assert f"{file}:2" in raised.value.message
    assert "hunter2" not in str(raised.value.to_dict())


OWN = [
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
    "AIRFLOW_HOME",
    "AIRFLOW__LOGGING__JSON_LOGS",
    "AIRFLOW__CORE__EXECUTOR",
    "AIRSTRIP_PROJECT",
    "PYTHONHOME",
]


@pytest.mark.parametrize("name", OWN)
def test_what_dev_stands_on_is_not_the_files_to_set(tmp_path: Path, name: str) -> None:
    file = tmp_path / "compose.env"
    file.write_text(f"AIRFLOW_UID=50000\n{name}=hunter2\n")
    with pytest.raises(UsageError) as raised:
        read_variables(file)
    assert raised.value.code == "dev.env-own"
    assert raised.value.message.startswith(f"{file}:2: {name} ")
    assert "hunter2" not in str(raised.value.to_dict())


def test_where_modules_and_programs_are_is_the_authors_after_our_own(tmp_path: Path) -> None:
    file = tmp_path / "dev.env"
    file.write_text("PYTHONPATH=src\nPATH=/opt/bin\nAIRSTRIP_DATA_URL=s3://mine\nAIRFLOW__CORE__DEFAULT_TIMEZONE=UTC\n")
    spec = spec_in(tmp_path)
    home = home_of(spec)
    ensure_home(home)
    found = process_variables(spec, home, Path("/venv/bin/python"), tmp_path / "dags", read_variables(file))
    assert found["PYTHONPATH"] == f"{PROGRAMS}:src"
    assert found["PATH"] == "/venv/bin:/opt/bin"
    assert found["AIRSTRIP_DATA_URL"] == "s3://mine"
    assert found["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == "UTC"


def test_a_file_of_variables_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        read_variables(tmp_path / "none.env")
    assert raised.value.code == "dev.env-not-readable"
