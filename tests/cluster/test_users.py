"""Airflow's accounts by the command line, and an `admin` that was deleted and stays so."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest

from airstrip.kube import Cluster
from tests.landing import NAME, Landing

FIRST, SECOND = "correct horse battery", "staple, correctly"


@cache
def address(landing: Landing) -> str:
    return str(landing.data("open")["url"])


def logs_in(landing: Landing, username: str, password: str) -> bool:
    url = address(landing)
    answer = httpx.post(f"{url}/auth/token", json={"username": username, "password": password}, timeout=30)
    assert answer.status_code in (201, 401)
    return answer.status_code == 201


def accounts(landing: Landing) -> dict[str, list[str]]:
    """Roles by name."""
    return {user["username"]: user["roles"] for user in landing.data("users", "list")["users"]}


def with_password(landing: Landing, password: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = landing.airstrip("users", *arguments, "--password-stdin", stdin=f"{password}\n")
    assert done.returncode == 0, done.stderr
    assert password not in done.stdout + done.stderr
    return done


def refusal(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 1, done.stdout + done.stderr
    (error,) = json.loads(done.stdout)["errors"]
    return dict(error)


@pytest.fixture
def admin_password(landing: Landing) -> Iterator[str]:
    """The password that `admin` was made with; afterwards it is there again with it, for the other tests."""
    password = landing.ok("open", "--password").strip()
    yield password
    verb = ("reset-password", "admin") if "admin" in accounts(landing) else ("add", "admin", "--role", "Admin")
    with_password(landing, password, *verb)


def test_an_account_from_its_first_day_to_its_last(landing: Landing) -> None:
    with_password(landing, FIRST, "add", "ada", "--email", "ada@example.com")
    assert accounts(landing)["ada"] == ["Viewer"]
    assert logs_in(landing, "ada", FIRST)
    (error,) = json.loads(landing.airstrip("users", "add", "ADA", "--generate", "--json").stdout)["errors"]
    assert error["code"] == "airflow.user-exists"

    landing.ok("users", "set-role", "ada", "Op")
    assert accounts(landing)["ada"] == ["Op"]
    wrong = refusal(landing.airstrip("users", "set-role", "ada", "Pilot", "--json"))
    assert (wrong["code"], "Viewer" in wrong["cause"]) == ("airflow.role-not-found", True)

    with_password(landing, SECOND, "reset-password", "ada")
    assert not logs_in(landing, "ada", FIRST)
    assert logs_in(landing, "ada", SECOND)
    generated = landing.ok("users", "reset-password", "ada", "--generate").splitlines()
    assert len(generated) == 1
    assert logs_in(landing, "ada", generated[0])

    assert landing.airstrip("users", "delete", "ada").returncode == 2
    landing.ok("users", "delete", "ada", "--yes")
    assert "ada" not in accounts(landing)
    assert not logs_in(landing, "ada", generated[0])
    assert refusal(landing.airstrip("users", "delete", "ada", "--yes", "--json"))["code"] == "airflow.user-not-found"


@pytest.mark.slow
def test_the_command_line_s_own_account_is_left_alone(landing: Landing) -> None:
    for line in ("delete Airstrip --yes", "set-role airstrip Viewer", "reset-password airstrip --generate"):
        assert refusal(landing.airstrip("users", *line.split(), "--json"))["code"] == "users.own-account"
    assert accounts(landing)["airstrip"] == ["Admin"]


# For one landing and one migration more.
@pytest.mark.slow
def test_a_deleted_admin_is_not_made_again(landing: Landing, cluster: Cluster, admin_password: str) -> None:
    assert logs_in(landing, "admin", admin_password)
    landing.ok("users", "delete", "admin", "--yes")
    assert not logs_in(landing, "admin", admin_password)

    assert landing.data("up", "--yes")["username"] is None
    assert "admin" not in accounts(landing)
    for job in cluster.list("batch/v1", "Job", NAME, label_selector="app.kubernetes.io/component=migration"):
        cluster.delete("batch/v1", "Job", job["metadata"]["name"], NAME, wait=60)
    said = landing.ok("up", "--yes")
    assert "open --password" not in said
    assert "admin" not in accounts(landing)
    assert accounts(landing)["airstrip"] == ["Admin"]
    assert landing.data("open")["username"] is None
    assert refusal(landing.airstrip("open", "--password", "--json"))["code"] == "users.no-admin"

    with_password(landing, FIRST, "add", "admin", "--role", "Admin")
    assert logs_in(landing, "admin", FIRST)
    assert landing.data("up", "--yes")["username"] == "admin"
    assert refusal(landing.airstrip("open", "--password", "--json"))["code"] == "users.password-changed"
    with_password(landing, admin_password, "reset-password", "admin")
    assert landing.ok("open", "--password").strip() == admin_password
