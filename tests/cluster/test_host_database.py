"""Airflow with a database of this machine's own: a real PostgreSQL beside the node, which pods call host.internal."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from airstrip.events import discard
from airstrip.images import ensure_postgresql_image
from airstrip.kube import Cluster
from airstrip.paths import cache_dir
from tests.image.rooted import running_inside, unpack
from tests.landing import NAME, Landing, eventually

pytestmark = pytest.mark.slow  # two rolls of all of Airflow

UID = 999
SOCKETS = "/run/postgresql"
FILE = "database: {url: file:database-url}\n"


@dataclass(frozen=True)
class Server:
    root: Path
    config: dict[str, Any]
    sockets: Path
    port: int
    password: str = field(repr=False)

    def url(self, database: str = "airflow") -> str:
        return f"postgresql://airflow:{self.password}@host.internal:{self.port}/{database}"

    def ask(self, sql: str, database: str = "airflow") -> list[str]:
        """The rows, as the server's own user."""
        argv = ["psql", "-p", str(self.port), "-U", "postgres", "-d", database, "-Atc", sql]
        log, sockets = self.root.with_name("psql.log"), {self.sockets: SOCKETS}
        with running_inside(self.root, self.config, argv, log=log, volumes=sockets) as process:
            assert process.wait(timeout=60) == 0, log.read_text()
        return log.read_text().splitlines()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """On a port of all of this machine's addresses, as long as the tests run."""
    folder, port, password = tmp_path_factory.mktemp("database"), _free_port(), secrets.token_urlsafe(16)
    root, volume = folder / "root", folder / "volume"
    config = unpack(ensure_postgresql_image(cache_dir(), discard), root)
    sockets = folder / "sockets"
    for made in (volume, sockets):
        made.mkdir()
        os.chown(made, 0, UID)
        made.chmod(0o2770)
    with running_inside(
        root,
        config,
        [*config["Entrypoint"], "-p", str(port)],
        log=folder / "log",
        env={"POSTGRES_PASSWORD": password},
        volumes={volume: "/var/lib/postgresql/data", sockets: SOCKETS},
    ):
        eventually(lambda: _listens(port), seconds=60, what=f"PostgreSQL listens; see {folder}/log")
        yield Server(root, config, sockets, port, password)


@pytest.fixture(scope="module")
def landed(landing: Landing, server: Server) -> Landing:
    name(landing, f"{server.url()}\n")
    landing.write_file(FILE)
    landing.ok("up", "--yes")
    return landing


def test_it_lands_runs_and_is_proved_without_a_database_in_the_cluster(landed: Landing, cluster: Cluster) -> None:
    assert cluster.get("apps/v1", "StatefulSet", "postgresql", NAME) is None
    landed.ok("run", "smoke")
    states = {row["property"]: row["state"] for row in landed.data("verify")["properties"]}
    assert "failed" not in states.values()
    assert states["migration"] == states["fernet"] == "proved"
    assert landed.data("plan")["changed"] is False
    assert landed.airstrip("doctor").returncode == 0


def test_a_url_that_leads_nowhere_leaves_what_runs_as_it_was(landed: Landing, server: Server) -> None:
    name(landed, re.sub(r":[0-9]+/airflow$", ":1/airflow", server.url()))
    done = landed.airstrip("up", "--yes", "--timeout", "120")
    assert done.returncode == 1, done.stdout
    assert "database.url-unreachable" in landed.airstrip("doctor", "--json").stdout + done.stdout + done.stderr
    status = json.loads(landed.airstrip("status", "--json").stdout)
    assert status["data"]["health"]["metadatabase"] == "healthy"
    assert [finding["code"] for finding in status["findings"]] == ["deployment.up-failed"]
    name(landed, server.url())
    landed.ok("up", "--yes")


def test_a_database_of_somebody_elses_is_not_touched(landed: Landing, server: Server) -> None:
    server.ask("CREATE DATABASE theirs")
    server.ask("CREATE TABLE dag (dag_id varchar(250))", "theirs")
    name(landed, server.url("theirs"))
    done = landed.airstrip("up", "--yes", "--timeout", "120")
    assert done.returncode == 1, done.stdout
    assert "database.not-ours" in landed.airstrip("doctor", "--json").stdout + done.stdout + done.stderr
    assert server.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", "theirs") == ["dag"]
    name(landed, server.url())
    landed.ok("up", "--yes")
    assert landed.data("status")["health"]["metadatabase"] == "healthy"


def test_the_database_in_the_cluster_is_as_it_was(landed: Landing, cluster: Cluster) -> None:
    landed.write_file()
    landed.ok("up", "--yes")
    assert cluster.get("apps/v1", "StatefulSet", "postgresql", NAME) is not None
    landed.ok("run", "smoke")
    named = [item["metadata"]["name"] for item in cluster.list("v1", "Secret", NAME)]
    assert not [name for name in named if name.startswith("airflow-database-url")]


def name(landing: Landing, url: str) -> None:
    """Where the file's reference finds it."""
    written = landing.folder / "database-url"
    written.touch(mode=0o600)
    written.write_text(url)


def _free_port() -> int:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0
