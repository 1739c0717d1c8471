"""A proof by a push: what the pod's program does to a branch, by a real server."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from airstrip.operations.properties import git_write
from airstrip.operations.properties.git_branch import GitWrite
from airstrip.spec import GitBundle
from tests.git_server import Certificates, HttpsServer, Repository

SOURCE = Path(__file__).parents[3] / "src" / "airstrip"
TOKEN = "a-token-of-the-tests"
MADE = "team/dags/airstrip_verify_0123abcd.py"


MAIN = GitBundle(name="main", repo="https://h/dags", ref="main", path="", refresh=10, username="git")


def load(file: Path) -> ModuleType:
    loaded = importlib.util.spec_from_file_location(file.stem, file)
    assert loaded is not None
    assert loaded.loader is not None
    module = importlib.util.module_from_spec(loaded)
    loaded.loader.exec_module(module)
    return module


class Pod:
    """The program as a pod runs it, but for Airflow's hook, against a server that has `team/dags/a.py` on main."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "repositories").create()
        self.first = self.repository.push({"team/dags/a.py": "", "README": "kept\n"})
        certificates = Certificates.make(folder, "127.0.0.1")
        self.server = HttpsServer(self.repository.folder, "127.0.0.1", certificates, TOKEN).start()
        (folder / "ca.pem").write_text(certificates.authority)
        helper = f"!f() {{ echo username=git; echo password={TOKEN}; }}; f"
        (folder / "gitconfig").write_text(
            f'[http]\n\tsslCAInfo = {folder}/ca.pem\n[credential]\n\thelper = "{helper}"\n'
        )
        self.folder = folder
        self.program = load(SOURCE / "operations" / "templates" / "verify_git.py")
        self.check = vars(load(SOURCE / "manifests" / "files" / "git" / "check_git.py"))
        self.go_on = folder / "go-on"

    def run(self, branch: str = "main", ref: str = "main", seconds: float = 0.0) -> None:
        kwargs = {"git_conn_id": "x", "repo_url": self.server.url, "tracking_ref": ref}
        hook = SimpleNamespace(
            repo_url=self.server.url, env={}, configure_hook_env=lambda: contextlib.nullcontext(None)
        )
        program = {**self.check, "git_bundles": lambda: [("main", kwargs)], "find_hook": lambda: lambda **_: hook}
        wanted = {
            "bundle": "main",
            "branch": branch,
            "check": "check_git.py",
            "deployment": "mine",
            "goOn": str(self.go_on),
            "path": MADE,
            "seconds": seconds,
            "text": "# of verify\n",
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.program.runpy, "run_path", lambda _: program)
            patch.setattr(self.program.sys, "argv", ["-c", json.dumps(wanted)])
            self.program.main()

    def log(self) -> list[str]:
        return self.repository.git("--git-dir", str(self.repository.bare), "log", "--format=%s|%an", "main").split("\n")

    def files(self, commit: str = "main") -> list[str]:
        listed = self.repository.git("--git-dir", str(self.repository.bare), "ls-tree", "-r", "--name-only", commit)
        return listed.split()


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pod]:
    for name in [name for name in os.environ if name.startswith("GIT_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "gitconfig"))
    before = signal.getsignal(signal.SIGTERM)
    pod = Pod(tmp_path)
    yield pod
    signal.signal(signal.SIGTERM, before)
    pod.server.stop()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line]


@pytest.mark.parametrize("ref", ["main", "HEAD"])
def test_a_file_comes_and_goes_by_two_commits_on_top(pod: Pod, ref: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else of the branch is touched."""
    pod.server.may_push = True
    pod.run(ref=ref)
    added, removed = lines(capsys)
    assert (added["airstrip"], removed["airstrip"]) == ("added", "removed")
    assert pod.files(added["commit"]) == ["README", "team/dags/a.py", MADE]
    assert pod.files(removed["commit"]) == pod.files() == ["README", "team/dags/a.py"]
    assert pod.log()[:3] == [f"Remove {MADE}|Airstrip", f"Add {MADE}|Airstrip", "tests|Tests"]
    pod.repository.git("--git-dir", str(pod.repository.bare), "fsck", "--strict")


def test_a_token_that_may_only_read_is_refused(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    pod.run()
    (said,) = lines(capsys)
    assert said["airstrip"] == "refused"
    assert pod.log()[0] == "tests|Tests"
    error = git_write._refused(said["message"], GitWrite(MAIN, "main"))
    assert error.code == "verify.git-read-only"
    assert TOKEN not in f"{error.details} {said}"


def test_a_hook_that_declines_is_no_token_that_may_only_read(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    pod.server.may_push = True
    hook = pod.repository.bare / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'You are not allowed to push to a protected branch' >&2\nexit 1\n")
    hook.chmod(0o755)
    pod.run()
    (said,) = lines(capsys)
    error = git_write._refused(said["message"], GitWrite(MAIN, "main"))
    assert error.code == "verify.git-refused"
    assert "You are not allowed to push to a protected branch" in error.details


def test_a_branch_that_moved_meanwhile_is_built_on(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    """Between the fetch and the push, each time once."""
    pod.server.may_push = True
    put, others = pod.program.Branch.commit, iter(["one", "two"])

    def overtaken(self: Any, *arguments: Any) -> Any:
        commit = put(self, *arguments)
        if (name := next(others, None)) is not None:
            pod.repository.git("fetch", "--quiet", "origin")
            pod.repository.git("reset", "--quiet", "--hard", "origin/main")
            pod.repository.push({name: ""})
        return commit

    pod.program.Branch.commit = overtaken
    pod.run()
    assert [line["airstrip"] for line in lines(capsys)] == ["added", "removed"]
    assert pod.files() == ["README", "one", "team/dags/a.py", "two"]


def test_one_that_is_asked_to_end_takes_its_file_away(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    pod.server.may_push = True

    def interrupt() -> None:
        while MADE not in pod.files():
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    asking = threading.Thread(target=interrupt)
    asking.start()
    pod.run(seconds=60.0)
    asking.join()
    # It may be asked before it has said that the file is there.
    assert lines(capsys)[-1]["airstrip"] == "removed"
    assert pod.files() == ["README", "team/dags/a.py"]


@pytest.mark.parametrize("moment", ["fetch", "push"])
def test_one_that_is_asked_to_end_while_it_takes_its_file_away_does_so(
    pod: Pod, moment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    pod.server.may_push = True
    run = pod.check["Git"].run
    seen: list[str] = []

    def interrupted(self: Any, *arguments: str) -> Any:
        if arguments[0] == moment:
            seen.append(moment)
            if len(seen) == 2:
                os.kill(os.getpid(), signal.SIGTERM)
        return run(self, *arguments)

    pod.check["Git"].run = interrupted
    pod.run()
    assert len(seen) == 2
    assert [line["airstrip"] for line in lines(capsys)] == ["added", "removed"]
    assert pod.files() == ["README", "team/dags/a.py"]


def pushes_that_break(pod: Pod, arrives: bool) -> None:
    """The first one alone: as a connection that breaks, after the server took it or before."""
    run = pod.check["Git"].run
    seen: list[str] = []

    def broken(self: Any, *arguments: str) -> Any:
        if arguments[0] != "push" or seen:
            return run(self, *arguments)
        seen.append("push")
        if arrives:
            run(self, *arguments)
        return SimpleNamespace(returncode=128, stdout="", stderr="fatal: the remote end hung up unexpectedly")

    pod.check["Git"].run = broken


@pytest.mark.parametrize("arrives", [True, False])
def test_a_push_whose_connection_broke_is_looked_after(
    pod: Pod, arrives: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    pod.server.may_push = True
    pushes_that_break(pod, arrives)
    pod.run()
    (said,) = lines(capsys)
    assert said["airstrip"] == ("removed" if arrives else "refused")
    assert pod.files() == ["README", "team/dags/a.py"]


def test_one_that_is_told_to_go_on_does_at_once(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    pod.server.may_push = True
    pod.go_on.touch()
    begun = time.monotonic()
    pod.run(seconds=60.0)
    assert time.monotonic() - begun < 30
    assert [line["airstrip"] for line in lines(capsys)] == ["added", "removed"]
    assert pod.files() == ["README", "team/dags/a.py"]


def test_another_branch_than_the_default_one_is_named(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    pod.server.may_push = True
    pod.run(branch="other", ref="HEAD")
    assert lines(capsys) == [{"airstrip": "other-branch", "message": "main"}]


def test_a_server_that_does_not_answer_is_told(pod: Pod, capsys: pytest.CaptureFixture[str]) -> None:
    pod.server.stop()
    pod.run()
    # Nothing was pushed, so nothing may be left.
    (last,) = lines(capsys)
    assert last["airstrip"] == "unread"
    assert "Failed to connect" in last["message"] or "Connection refused" in last["message"]
