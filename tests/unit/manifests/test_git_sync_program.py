"""A program of git-sync's contract, with the arguments that are compiled, against a real server on loopback."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from airstrip.diagnose.airflow.signs import find_signs
from airstrip.manifests import ManifestSet, build_git_secrets, ls_remote
from airstrip.manifests.git import git_files
from airstrip.manifests.names import DAGS_DIR, GIT_DIR, GIT_SECRET_DIR
from airstrip.operations.properties.synced_heads import head_of
from airstrip.spec import GitBundle, GitSync, Spec
from tests.git_server import Certificates, HttpsServer, Repository
from tests.git_sync.image import PROGRAM, real_program
from tests.landing import eventually
from tests.unit.manifests.by_git import by_git, synced_bundle
from tests.unit.manifests.reading import all_objects, containers, templates

TOKEN = "a-token-of-the-tests"


class Running:
    """A program of git-sync's contract on this machine, with the arguments and files that its container has."""

    def __init__(self, folder: Path, spec: Spec, compile: Callable[..., ManifestSet]) -> None:
        self.folder = folder
        self.spec = spec
        self.compile = compile
        self.repository = Repository(folder / "repositories").create()
        # A commit can be asked for that is no branch's head, as of large hosts.
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        certificates = Certificates.make(folder, "127.0.0.1")
        self.server = HttpsServer(folder / "repositories", "127.0.0.1", certificates, TOKEN).start()
        self.authority = certificates.authority
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def git(self, *arguments: str) -> str:
        command = ["git", "-c", "safe.directory=*", "-C", str(self.repository.bare), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def here(self, text: str) -> str:
        """Paths of the container as they are on this machine."""
        for inside, name in ((DAGS_DIR, "volume"), (GIT_DIR, "settings"), (GIT_SECRET_DIR, "secret")):
            text = text.replace(inside, str(self.folder / name))
        return text

    def start(self, token: str = TOKEN, seconds: int = 1, **other: Any) -> GitBundle:
        fields = {"repo": self.server.url, "ca_cert": "pem", "refresh": seconds, **other}
        found = synced_bundle(**fields)
        (secret,) = build_git_secrets(by_git(self.spec, found), {"main.credential": token, "main.ca": self.authority})
        for name in ("volume", "settings", "secret", "home"):
            (self.folder / name).mkdir(exist_ok=True)
        for name, data in secret["data"].items():
            (self.folder / "secret" / name).write_bytes(base64.b64decode(data))
        for name, text in git_files(by_git(self.spec, found)).items():
            (self.folder / "settings" / name).write_text(self.here(text))
        (container, _) = containers(
            templates(all_objects(self.compile(spec=by_git(self.spec, found))))["dag-processor"]
        )
        program = [str(real)] if (real := real_program()) else [sys.executable, str(PROGRAM)]
        arguments = [self.here(argument) for argument in container["args"]]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([*program, *arguments], env=self.environment(), stderr=log, stdout=log)
        return found

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home")}

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None

    @property
    def link(self) -> Path:
        return self.folder / "volume" / "main" / "live"

    def is_live(self, commit: str) -> bool:
        return self.link.is_symlink() and self.link.readlink().name == commit

    def await_live(self, commit: str) -> None:
        eventually(lambda: self.is_live(commit), seconds=20, what=f"{commit} is live:\n{self.log.read_text()}")


@pytest.fixture
def running(tmp_path: Path, spec: Spec, compile: Callable[..., ManifestSet]) -> Iterator[Running]:
    running = Running(tmp_path, spec, compile)
    yield running
    running.stop()
    running.server.stop()


def test_commits_are_live_by_a_link_and_the_last_ones_stay(running: Running) -> None:
    first = running.repository.push({"team/a.py": "FIRST"})
    running.start()
    running.await_live(first)
    assert not running.link.readlink().is_absolute()
    second = running.repository.push({"team/a.py": "SECOND"})
    running.await_live(second)
    files = running.link.resolve()
    assert (files / "team/a.py").read_text() == "SECOND"
    assert (files.with_name(first) / "team/a.py").read_text() == "FIRST"
    assert TOKEN not in running.log.read_text()


def test_a_history_that_was_written_anew_a_tag_and_a_commit(running: Running) -> None:
    first = running.repository.push({"a.py": ""})
    running.repository.push({"b.py": ""})
    running.start(ref="HEAD")
    running.repository.git("reset", "--quiet", "--hard", first)
    forced = running.repository.push({"c.py": ""}, force=True)
    running.await_live(forced)
    running.repository.git("-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "v1", "-m", "one", first)
    running.repository.git("push", "--quiet", "origin", "v1")
    for ref in ("refs/tags/v1", forced, first):
        running.stop()
        running.start(ref=ref)
        running.await_live(forced if ref == forced else first)


def test_a_server_that_goes_and_comes_back_takes_nothing_away(running: Running) -> None:
    first = running.repository.push({"a.py": ""})
    running.start()
    running.await_live(first)
    running.server.stop()
    eventually(lambda: "git-unreachable" in signs(running), seconds=20, what="it says so, as the doctor knows it")
    assert running.is_live(first)
    assert running.process is not None
    assert running.process.poll() is None
    running.server.start()
    running.await_live(running.repository.push({"b.py": ""}))


def test_git_s_words_in_its_log_are_those_that_the_doctor_knows(running: Running) -> None:
    running.repository.push({"a.py": ""})
    cases: dict[str, dict[str, Any]] = {"git-token": {"token": "wrong"}, "git-ref": {"ref": "mian"}}
    for sign, wrong in cases.items():
        running.start(**wrong)
        eventually(lambda: sign in signs(running), seconds=20, what=running.log.read_text())  # noqa: B023 - at once
        running.stop()


def signs(running: Running) -> set[str]:
    return set(find_signs(running.log.read_text().splitlines()))


def test_a_submodule_of_the_same_server_comes_with_the_same_token(running: Running) -> None:
    other = Repository(running.folder / "repositories" / "other", "shared.git").create()
    other.push({"shared.py": "SHARED"})
    url = running.server.url.replace("dags.git", "other/shared.git")
    work = running.repository
    work.push({"a.py": ""})
    work.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.bare), "shared")
    work.git("config", "-f", ".gitmodules", "submodule.shared.url", url)
    commit = work.push({"b.py": ""})
    running.start(sync=GitSync(submodules="shallow", depth=0))
    running.await_live(commit)
    assert (running.link / "shared/shared.py").read_text() == "SHARED"


def test_a_webhook_is_told(running: Running) -> None:
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(self.headers["Gitsync-Hash"])
            self.send_response(200)
            self.end_headers()

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        commit = running.repository.push({"a.py": ""})
        running.start(sync=GitSync(webhook=f"http://127.0.0.1:{server.server_port}/"))
        eventually(lambda: told == [commit], seconds=20, what="the webhook is told the commit")
    finally:
        server.shutdown()
        server.server_close()


def test_the_head_is_asked_by_the_same_way_in(running: Running) -> None:
    """As `verify` asks it, in the container."""
    commit = running.repository.push({"a.py": ""})
    found = running.start()
    command = [running.here(word) for word in ls_remote(found)]
    done = subprocess.run(command, env=running.environment(), capture_output=True, text=True, check=True)
    assert head_of(found, done.stdout.splitlines()) == {"commit": commit}
