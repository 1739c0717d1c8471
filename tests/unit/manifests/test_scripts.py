"""The scripts that run in containers: accounts, and the probe of processes without a health server."""

from __future__ import annotations

import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

SCRIPTS = Path(str(files("airstrip.manifests"))) / "files" / "scripts"


class SecurityManager:
    """FAB's, as far as the script uses it. Passwords by username."""

    def __init__(self, accounts: dict[str, str], roles: tuple[str, ...] = ("Admin",)) -> None:
        self.accounts = accounts
        self.roles = roles

    def count_users(self) -> int:
        return len(self.accounts)

    def find_user(self, username: str) -> Any:
        return SimpleNamespace(id=username) if username in self.accounts else None

    def find_role(self, name: str) -> Any:
        return name if name in self.roles else None

    def add_user(self, username: str, first: str, last: str, email: str, role: str, password: str) -> bool:
        assert role == "Admin"
        self.accounts[username] = password
        return True

    def check_password(self, username: str, password: str) -> bool:
        return self.accounts[username] == password

    def reset_password(self, user_id: str, password: str) -> None:
        self.accounts[user_id] = password


@pytest.fixture
def script() -> Any:
    return SimpleNamespace(**runpy.run_path(str(SCRIPTS / "create_accounts.py")))


def test_missing_accounts_are_made(script: Any) -> None:
    manager = SecurityManager({})
    assert script.ensure_account(manager, "admin", "one") == "made"
    assert script.ensure_account(manager, "airstrip", "two") == "made"
    assert manager.accounts == {"admin": "one", "airstrip": "two"}


def test_people_keep_their_passwords_and_our_own_account_gets_its_secrets(script: Any) -> None:
    manager = SecurityManager({"admin": "changed in the UI", "airstrip": "of an older secret"})
    script.ensure_account(manager, "admin", "one")
    script.ensure_account(manager, "airstrip", "two")
    assert manager.accounts == {"admin": "changed in the UI", "airstrip": "two"}
    assert script.ensure_account(manager, "airstrip", "two") == "there"


ACCOUNTS = {"admin": "one", "airstrip": "two"}


def test_the_first_time_both_accounts_are_made(script: Any) -> None:
    manager = SecurityManager({})
    assert script.ensure_accounts(manager, ACCOUNTS) == {"admin": "made", "airstrip": "made"}
    assert manager.accounts == ACCOUNTS


@pytest.mark.parametrize("left", [{"airstrip": "two"}, {"ada": "hers", "airstrip": "two"}, {"ada": "hers"}])
def test_a_deleted_admin_is_not_made_again(script: Any, left: dict[str, str]) -> None:
    manager = SecurityManager(dict(left))
    done = script.ensure_accounts(manager, ACCOUNTS)
    assert done["admin"] == "was deleted, and is not made again"
    assert manager.accounts == {**left, "airstrip": "two"}


@pytest.mark.parametrize("secrets", [ACCOUNTS, dict(reversed(ACCOUNTS.items()))])
def test_cut_off_between_the_two_the_next_time_makes_the_other(script: Any, secrets: dict[str, str]) -> None:
    class CutOff(SecurityManager):
        def add_user(self, username: str, *details: Any) -> bool:
            if self.accounts:
                raise SystemExit
            return super().add_user(username, *details)

    cut_off = CutOff({})
    with pytest.raises(SystemExit):
        script.ensure_accounts(cut_off, secrets)
    manager = SecurityManager(cut_off.accounts)
    script.ensure_accounts(manager, secrets)
    assert manager.accounts == ACCOUNTS


def test_a_database_without_roles_is_an_error(script: Any) -> None:
    with pytest.raises(SystemExit, match="Admin"):
        script.ensure_account(SecurityManager({}, roles=()), "admin", "one")


def test_accounts_are_read_as_kubernetes_mounts_them(script: Any, tmp_path: Path) -> None:
    data = tmp_path / "..2026_11_21"
    for name in ("admin", "airstrip"):
        (data / f"airflow-{name}").mkdir(parents=True)
        (data / f"airflow-{name}" / "username").write_text(name)
        (data / f"airflow-{name}" / "password").write_text(f"{name}'s\n")
        (tmp_path / f"airflow-{name}").symlink_to(data / f"airflow-{name}")
    (tmp_path / "..data").symlink_to(data)
    assert script.read_accounts(tmp_path) == {"admin": "admin's", "airstrip": "airstrip's"}


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process whose main thread waits for a tenth of a second at a time."""
    loop = subprocess.Popen([sys.executable, "-c", "import time\nwhile True: time.sleep(0.1)"])
    yield loop
    loop.kill()
    loop.wait()


@pytest.fixture
def probe(tmp_path: Path, process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> Any:
    module = runpy.run_path(str(SCRIPTS / "main_loop_alive.py"))
    # Its functions see their own globals, not a copy of them.
    scope = module["main"].__globals__
    monkeypatch.setitem(scope, "NOTES", str(tmp_path / "notes"))
    monkeypatch.setitem(scope, "main_process", lambda: process.pid)
    return module["main"]


def test_a_loop_that_turns_is_alive(probe: Any) -> None:
    assert probe() == 0
    time.sleep(0.5)
    assert probe() == 0


def test_a_loop_that_stands_is_not(probe: Any, process: subprocess.Popen[bytes]) -> None:
    assert probe() == 0
    process.send_signal(signal.SIGSTOP)
    time.sleep(0.2)
    probe()
    time.sleep(0.3)
    assert probe() == 1


def test_a_loop_that_waits_for_git_is_alive_as_long_as_git_does_something(
    probe: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the DAG processor's does while it clones a large repository."""
    git = tmp_path / "git"
    shutil.copy(Path(sys.executable).resolve(), git)
    turning = "import time\nwhile True: time.sleep(0.02)"
    waiting = f"import subprocess; subprocess.run([{str(git)!r}, '-S', '-c', {turning!r}])"
    settings = {**os.environ, "PYTHONHOME": sys.base_prefix}
    with subprocess.Popen([sys.executable, "-S", "-c", waiting], env=settings, start_new_session=True) as process:
        try:
            monkeypatch.setitem(probe.__globals__, "main_process", lambda: process.pid)
            # Until it runs, and the main loop waits for it.
            time.sleep(1)
            assert probe() == 0
            time.sleep(0.3)
            assert probe() == 0
            (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(child), signal.SIGSTOP)
            time.sleep(0.2)
            probe()
            time.sleep(0.3)
            assert probe() == 1
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_process_has_started_when_its_port_is_open_and_its_loop_has_turned_since(
    probe: Any, process: subprocess.Popen[bytes]
) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert probe(port) == 1
        server.listen()
        assert probe(port) == 1
        time.sleep(0.5)
        assert probe(port) == 0
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        probe(port)
        time.sleep(0.3)
        assert probe(port) == 1


def test_the_probe_needs_the_standard_library_only() -> None:
    code = f"import runpy, sys; runpy.run_path({str(SCRIPTS / 'main_loop_alive.py')!r}); print(len(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 150
