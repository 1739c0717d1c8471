"""From the file's reference to the Secret that has the URL of a database that is there."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from airstrip.errors import AirstripError
from airstrip.kube import Cluster
from airstrip.operations.database_url import (
    check_database_url,
    check_planned_url,
    planned_url_secret,
    read_url_secret,
    running_url_secret,
)
from airstrip.spec import Spec, load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target

GOOD = "postgresql://airflow:p%40ss@db.example.com:6432/airflow"

HERE = make_target(load_spec(None, TARGET_SPECS)).preview()


class Objects:
    """A cluster's objects by kind and name."""

    def __init__(self, **objects: Any) -> None:
        self.objects = objects

    def get(self, _: str, kind: str, name: str, __: str) -> Any:
        return self.objects.get(f"{kind}_{name.replace('-', '_')}")


def spec_of(folder: Path, reference: str = "file:url") -> Spec:
    file = folder / "airstrip.yaml"
    file.write_text(f"apiVersion: airstrip/v1\nname: mine\ndatabase: {{url: '{reference}'}}\n")
    return load_spec(file, TARGET_SPECS)


def with_url(folder: Path, url: str) -> Spec:
    (folder / "url").write_text(url + "\n")
    return spec_of(folder)


def read(spec: Spec, cluster: Objects) -> dict[str, Any]:
    secret = read_url_secret(spec, cast(Cluster, cluster))
    assert secret is not None
    return secret


@pytest.mark.parametrize("driver", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_it_is_written_as_airflow_takes_it(tmp_path: Path, driver: str) -> None:
    spec = with_url(tmp_path, GOOD.replace("postgresql", driver))
    check_database_url(spec, HERE)
    secret = read(spec, Objects())
    assert secret["immutable"] is True
    assert secret["metadata"]["namespace"] == "mine"
    url = base64.b64decode(secret["data"]["sql-alchemy-conn"]).decode()
    assert url == "postgresql+psycopg2://airflow:p%40ss@db.example.com:6432/airflow"


def test_another_url_has_another_name_which_tells_nothing_of_it(tmp_path: Path) -> None:
    keys = [{"data": {"fernet-key": base64.b64encode(key).decode()}} for key in (b"mine", b"theirs")]
    names = {
        read(with_url(tmp_path, url), cluster)["metadata"]["name"]
        for url in (GOOD, GOOD.replace("6432", "5432"))
        for cluster in (Objects(Secret_airflow_keys=each) for each in keys)
    }
    assert len(names) == 4


def test_a_first_plan_names_no_hash_that_passwords_could_be_tried_on(tmp_path: Path) -> None:
    names = {read(with_url(tmp_path, url), Objects())["metadata"]["name"] for url in (GOOD, GOOD.replace("p%40", "q"))}
    assert names == {"airflow-database-url-known-after-up"}


BAD = {
    "hunter2": "database.bad-url",
    "mysql://u:hunter2@h/airflow": "database.bad-url",
    "postgresql+asyncpg://u:hunter2@h/airflow": "database.bad-url",
    "postgresql://u:hunter2@h:port/airflow": "database.bad-url",
    "postgresql://u:hunter2@h": "database.bad-url",
    "postgresql://u:hunter2@/airflow": "database.bad-url",
    "postgresql://u:hunter2@h/airflow\nmore": "database.bad-url",
    "postgresql://u:hunter2@h/airflow?sslmode=require": "database.url-options",
    "postgresql://u:hunter2@localhost/airflow": "database.localhost",
    "postgresql://u:hunter2@127.0.0.1:5432/airflow": "database.localhost",
    "postgresql://u:hunter2@[::1]:5432/airflow": "database.localhost",
    "postgresql://u:hunter2@[0:0:0:0:0:0:0:1]/airflow": "database.localhost",
    "postgresql://u:hunter2@[::ffff:127.0.0.1]/airflow": "database.localhost",
    "postgresql://u:hunter2@[::]/airflow": "database.localhost",
    "postgresql://u:hunter2@0.0.0.0/airflow": "database.localhost",
    "postgresql://u:hunter2@127.1/airflow": "database.localhost",
    "postgresql://u:hunter2@LOCALHOST/airflow": "database.localhost",
    "postgresql://u:hunter2@localhost./airflow": "database.localhost",
    "postgresql://u:hunter2@HOST.INTERNAL/airflow": "database.bad-url",
    "postgresql://u:hunter2@host.internal./airflow": "database.bad-url",
    "postgresql://u:hunter2@h:0/airflow": "database.bad-url",
    "postgresql://u:hunter2@h:99999/airflow": "database.bad-url",
    "postgresql://u:hunter2@[h]/airflow": "database.bad-url",
    "postgresql://u:hunter2@%2Fvar%2Frun/airflow": "database.bad-url",
    "postgresql://u:hunter2@h/a/": "database.bad-url",
    "postgresql://u:hunter2@h/a#x": "database.bad-url",
    # An @ or a / of a password that is not percent-encoded: its end is neither host nor name.
    "postgresql://u:a@hunter2@h/airflow": "database.bad-url",
    "postgresql://u:a@hunter2/b@h/airflow": "database.bad-url",
}


@pytest.mark.parametrize("url", BAD)
def test_what_cannot_be_airflow_s_database_is_told_without_repeating_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(AirstripError) as raised:
        check_database_url(with_url(tmp_path, url), HERE)
    assert raised.value.code == BAD[url]
    assert "database.url" in raised.value.message
    assert "hunter2" not in repr(raised.value.to_dict())


@pytest.mark.parametrize("host", ["10.0.0.1", "[fd00::1]", "db-1.internal.example.com", "h_1"])
def test_hosts_that_are_good(tmp_path: Path, host: str) -> None:
    check_database_url(with_url(tmp_path, GOOD.replace("db.example.com", host)), HERE)


def test_this_machine_is_refused_before_anything_starts_where_the_cluster_is_elsewhere(tmp_path: Path) -> None:
    spec = with_url(tmp_path, GOOD.replace("db.example.com", "host.internal"))
    check_database_url(spec, replace(HERE, host_address="192.0.2.1"))
    for check in (check_database_url, check_planned_url):
        with pytest.raises(AirstripError) as raised:
            check(spec, replace(HERE, host_address=None))
        assert raised.value.code == "database.not-this-machine"


def test_plan_needs_no_variable_that_up_will_have(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "env:NOT_SET_ANYWHERE")
    assert check_planned_url(spec, HERE) is False
    assert planned_url_secret(spec, cast(Cluster, Objects())) is None
    assert check_planned_url(with_url(tmp_path, GOOD), HERE) is True
    with pytest.raises(AirstripError):
        check_planned_url(with_url(tmp_path, "mysql://h/airflow"), HERE)


def test_a_reference_to_nothing_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(AirstripError) as raised:
        check_database_url(spec_of(tmp_path, "env:NOT_SET_ANYWHERE"), HERE)
    assert raised.value.code == "reference.no-variable"
    assert "database.url" in raised.value.message


def test_what_only_the_cluster_knows_is_read_there(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "k8s:ours/url")
    check_database_url(spec, HERE)
    secret = read(spec, Objects(Secret_ours={"data": {"url": base64.b64encode(GOOD.encode()).decode()}}))
    assert secret["metadata"]["name"].startswith("airflow-database-url-")


def test_what_runs_is_told_by_the_api_server_whatever_the_reference_names(tmp_path: Path) -> None:
    variable = {
        "name": "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "valueFrom": {"secretKeyRef": {"name": "landed", "key": "sql-alchemy-conn"}},
    }
    server = {"spec": {"template": {"spec": {"containers": [{"env": [{"name": "A", "value": "1"}, variable]}]}}}}
    spec = spec_of(tmp_path, "env:NOT_SET_ANYWHERE")
    cluster = Objects(Deployment_api_server=server, Secret_landed={"data": {}})
    assert running_url_secret(spec, cast(Cluster, cluster)) == {"data": {}}
    assert running_url_secret(spec, cast(Cluster, Objects())) is None


def test_of_our_own_database_there_is_none() -> None:
    spec = load_spec(None, TARGET_SPECS)
    check_database_url(spec, HERE)
    assert read_url_secret(spec, cast(Cluster, Objects())) is None
    assert running_url_secret(spec, cast(Cluster, Objects())) is None
