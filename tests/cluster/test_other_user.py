"""Root lands it by sudo from a user's clone; then it is that user's, nobody else's, and root left nothing there."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airstrip.paths import cache_dir
from tests.clone import copy_project
from tests.landing import NAME, Landing
from tests.people import NOBODY, everyones_python

DAGS = Path(__file__).parent / "dags"
STRANGER = NOBODY - 1
CHANGING = ("up", "down", "down --data --yes", "node stop", "node prune --yes")
OF_THE_CLUSTER = ("run smoke", "status", "plan", "logs scheduler", "open", "users list", "node kubeconfig")


@dataclass(frozen=True)
class Person:
    """A user with a home, who owns a clone with a deployment's file and DAGs in it."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def clone(self) -> Path:
        return self.folder / "a clone"

    def settle(self) -> None:
        copy_project(self.clone)
        (self.clone / "airstrip.yaml").write_text(f"apiVersion: airstrip/v1\nname: {NAME}\ndags: {{path: dags}}\n")
        (self.clone / "dags").mkdir()
        programs = self.home / "bin"
        programs.mkdir(parents=True)
        (programs / "python3").write_text(f'#!/bin/sh\nexec "{everyones_python()}" "$@"\n')
        (programs / "python3").chmod(0o755)
        # Whoever runs the tests may have theirs where nobody else can look; without one, the launcher gets its own.
        if uv := os.environ.get("AIRSTRIP_UV") or shutil.which("uv"):
            shutil.copy(uv, programs)
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def asks(self, line: str, *, uid: int = NOBODY) -> subprocess.CompletedProcess[str]:
        """Runs a verb as the user; as somebody else, with the user's environment, who has none of their own."""
        shared = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "UV_INDEX"))}
        home = {"HOME": str(self.home), "PATH": f"{self.home}/bin:/usr/bin:/bin"}
        cache = {"AIRSTRIP_CACHE_DIR": str(self.home / ".cache" / "airstrip")} if uid != NOBODY else {}
        return self._run(line, shared | home | cache, user=uid, group=uid, extra_groups=[])

    def sudo(self, line: str) -> subprocess.CompletedProcess[str]:
        """As sudo does it that keeps HOME; the cache is named, because the tests' own root may have another."""
        called = {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY), "SUDO_USER": "nobody", "HOME": str(self.home)}
        return self._run(line, {**os.environ, **called, "AIRSTRIP_CACHE_DIR": str(cache_dir())})

    def _run(self, line: str, environment: dict[str, str], **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["./airstrip", *line.split()],
            cwd=self.clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            **more,
        )

    def ok(self, line: str) -> str:
        done = self.asks(line)
        assert done.returncode == 0, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def data(self, line: str) -> dict[str, Any]:
        return dict(json.loads(self.ok(f"{line} --json"))["data"])


@pytest.fixture(scope="module")
def person(landing: Landing) -> Iterator[Person]:
    """Afterwards the shared landing is as it was."""
    person = Person(landing.folder / "person")
    shutil.rmtree(person.folder, ignore_errors=True)
    person.settle()
    try:
        landed = person.sudo("up --yes")
        assert landed.returncode == 0, landed.stderr
        yield person
    finally:
        landing.ok("up", "--yes")
        shutil.rmtree(person.folder)


def error_of(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    (error,) = json.loads(done.stdout)["errors"]
    return str(error["code"])


def test_the_user_runs_a_dag_of_their_own_and_reads_its_log(person: Person) -> None:
    saved = person.clone / "dags" / "saved.py"
    shutil.copy(DAGS / "saved.py", saved)
    os.chown(saved, NOBODY, NOBODY)
    assert "SAVED" in person.ok("run saved")
    assert "SAVED" in person.ok("logs saved look")
    assert person.ok("logs scheduler").strip()


def test_the_user_looks_at_all_of_it(person: Person) -> None:
    assert person.data("status")["state"] == "healthy"
    assert person.data("status --history")["history"]
    assert person.data("plan")["changed"] is False
    assert person.ok("open").startswith("http://localhost:")
    assert len(person.ok("open --password").splitlines()) == 1
    assert {"admin", "airstrip"} <= {user["username"] for user in person.data("users list")["users"]}
    assert person.data("node status")["ready"] is True


def test_the_user_s_kubeconfig_is_theirs_alone(person: Person) -> None:
    facts = Path(person.data("node kubeconfig")["kubeconfig"]).stat()
    assert (facts.st_uid, stat.S_IMODE(facts.st_mode)) == (NOBODY, 0o600)


def test_what_changes_the_place_is_left_to_root(person: Person) -> None:
    answers = {line: error_of(person.asks(f"{line} --json")) for line in CHANGING}
    assert answers == dict.fromkeys(CHANGING, "node.not-root")
    assert error_of(person.asks("image build --json")) == "image.needs-root"
    assert person.data("status")["state"] == "healthy"


def test_somebody_else_is_told_whose_it_is(person: Person) -> None:
    answers = {line: error_of(person.asks(f"{line} --json", uid=STRANGER)) for line in OF_THE_CLUSTER}
    assert answers == dict.fromkeys(OF_THE_CLUSTER, "node.not-yours")


def test_root_left_nothing_in_the_clone_or_the_home(person: Person) -> None:
    owners = {path: path.lstat().st_uid for path in (person.folder, *person.folder.rglob("*"))}
    assert person.home / ".cache" / "airstrip" in owners
    assert [str(path) for path, uid in owners.items() if uid != NOBODY] == []
