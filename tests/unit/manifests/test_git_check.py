"""git gets in with what is compiled, and the check's words, by real servers on loopback."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import os
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from airstrip.diagnose.airflow.signs import find_signs
from airstrip.manifests import build_git_secrets
from airstrip.manifests.git import git_files
from airstrip.manifests.names import GIT_SECRET_DIR
from airstrip.spec import Spec
from tests.git_server import Certificates, HttpsServer, Repository
from tests.landing import eventually
from tests.unit.manifests.by_git import by_git, cloned_bundle

TOKEN = "a-token-of-the-tests"
SOURCE = Path(str(files("airstrip.manifests"))) / "files" / "git" / "check_git.py"


class Hook:
    """What check_git.py asks of Airflow's own hook; that one needs Airflow, and is run in the cluster's tests."""

    def __init__(self, git_conn_id: str, repo_url: str) -> None:
        self.repo_url = repo_url
        self.env: dict[str, str] = {}

    @contextlib.contextmanager
    def configure_hook_env(self) -> Iterator[None]:
        yield


class Checked:
    """A server on loopback, and the program with the files that pods mount."""

    def __init__(self, folder: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.spec = spec
        self.monkeypatch = monkeypatch
        self.repository = Repository(folder / "repositories").create()
        certificates = Certificates.make(folder, "127.0.0.1")
        self.authority = certificates.authority
        self.server = HttpsServer(folder / "repositories", "127.0.0.1", certificates, TOKEN).start()
        loaded = importlib.util.spec_from_file_location("check_git", SOURCE)
        assert loaded is not None
        assert loaded.loader is not None
        self.program = importlib.util.module_from_spec(loaded)
        loaded.loader.exec_module(self.program)

    def check(self, token: str = TOKEN, ca: bool = True, is_synced: bool = False, **other: Any) -> str:
        """What it says of one repository. Raises what it raises."""
        fields = {"repo": self.server.url, "ca_cert": "pem" if ca else "", **other}
        found = cloned_bundle(**fields)
        (secret, *_) = build_git_secrets(by_git(self.spec, found), {"main.credential": token})
        mounted = self.folder / "secret"
        mounted.mkdir(exist_ok=True)
        (mounted / "main.credential").write_bytes(base64.b64decode(secret["data"]["main.credential"]))
        (mounted / "main.ca").write_text(self.authority)
        config = git_files(by_git(self.spec, found))["gitconfig"].replace(GIT_SECRET_DIR, str(mounted))
        (self.folder / "gitconfig").write_text(config)
        self.monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(self.folder / "gitconfig"))
        kwargs = {"git_conn_id": "x", "repo_url": found.repo, "tracking_ref": found.ref, "subdir": found.path}
        return str(self.program.check(Hook, {**kwargs, "is_synced": is_synced}))

    def refused(self, **other: Any) -> str:
        """git's words, or the program's own."""
        with pytest.raises((subprocess.CalledProcessError, self.program.Absent)) as raised:
            self.check(**other)
        return str(raised.value.stderr if isinstance(raised.value, subprocess.CalledProcessError) else raised.value)


@pytest.fixture
def checked(tmp_path: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checked]:
    for name in [name for name in os.environ if name.startswith("GIT_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    # The developer's own settings are not those of a pod.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    checked = Checked(tmp_path, spec, monkeypatch)
    yield checked
    checked.server.stop()


def test_a_branch_a_tag_a_commit_and_the_default_are_found(checked: Checked) -> None:
    first = checked.repository.push({"team/dags/a.py": "", "README": ""})
    checked.repository.git("-c", "user.name=a", "-c", "user.email=a@b", "tag", "-a", "v1", "-m", "one")
    checked.repository.git("push", "--quiet", "origin", "v1")
    second = checked.repository.push({"team/dags/b.py": ""})
    for ref, commit in (("main", second), ("refs/tags/v1", first), (first, first), ("HEAD", second)):
        assert f"is commit {commit}, with the folder team/dags" in checked.check(ref=ref, path="team/dags")


def test_what_is_not_there_is_named_with_what_is(checked: Checked) -> None:
    checked.repository.push({"team/dags/a.py": "", "README": ""})
    assert "has no branch mian: it has main" in checked.refused(ref="mian")
    assert "has no tag v1: it has none" in checked.refused(ref="refs/tags/v1")
    assert f"has no commit {'0' * 40}" in checked.refused(ref="0" * 40)
    assert "has no folder team/dag there; its folders at the top: team" in checked.refused(path="team/dag")
    assert "has no folder README there" in checked.refused(path="README")


@pytest.mark.parametrize("is_filtered", [True, False], ids=["server-filters", "server-sends-all"])
def test_a_commit_that_no_branch_or_tag_reaches_is_had_by_git_sync_alone(checked: Checked, is_filtered: bool) -> None:
    """A clone lacks it, though the server gives it to whoever names it; a tag brings it back."""
    for key, value in (("allowFilter", is_filtered), ("allowAnySHA1InWant", True)):
        checked.repository.git("-C", str(checked.repository.bare), "config", f"uploadpack.{key}", str(value).lower())
    kept = checked.repository.push({"team/dags/a.py": ""})
    gone = checked.repository.push({"team/dags/b.py": ""})
    checked.repository.git("reset", "--quiet", "--hard", kept)
    checked.repository.push({"team/dags/c.py": ""}, force=True)

    def found(commit: str, **other: Any) -> bool:
        return f"is commit {commit}, with the folder team/dags" in checked.check(ref=commit, path="team/dags", **other)

    assert found(kept)
    assert f"no branch or tag of the repository has the commit {gone}" in checked.refused(ref=gone, path="team/dags")
    assert found(gone, is_synced=True)
    checked.repository.git("push", "--quiet", "origin", f"{gone}:refs/tags/v1")
    assert found(gone)


def test_an_older_commit_is_found_on_a_server_that_gives_nothing_by_its_name(checked: Checked) -> None:
    """As over ssh without git's newer protocol, with filters or without: its folder was told to be none."""
    for name, text in (("COUNT", "1"), ("KEY_0", "protocol.version"), ("VALUE_0", "0")):
        checked.monkeypatch.setenv(f"GIT_CONFIG_{name}", text)
    first = checked.repository.push({"team/dags/a.py": ""})
    checked.repository.push({"team/dags/b.py": ""})
    for is_synced in (False, True):
        found = checked.check(ref=first, path="team/dags", is_synced=is_synced)
        assert f"is commit {first}, with the folder team/dags" in found


def test_an_empty_repository_has_no_default_branch(checked: Checked) -> None:
    assert "has no default branch: it has none" in checked.refused(ref="HEAD")


def test_git_s_own_words_are_those_that_the_doctor_knows(checked: Checked) -> None:
    checked.repository.push({"a.py": ""})

    def signs(**other: Any) -> set[str]:
        return {sign for sign in find_signs(checked.refused(**other).splitlines()) if sign != "git-unreachable"}

    assert signs(token="wrong") == {"git-token"}
    assert signs(ca=False) == {"git-certificate"}
    assert signs(repo=checked.server.url.replace("dags.git", "none.git")) == {"git-repo"}
    assert "git-unreachable" in find_signs([checked.refused(repo="https://127.0.0.1:1/dags.git")])
    assert "git-unreachable" in find_signs([checked.refused(repo="https://none.invalid/dags.git")])


def test_a_token_is_sent_to_its_own_repository_alone(checked: Checked) -> None:
    """Nor does git ask anybody for another one."""
    checked.repository.push({"a.py": ""})
    checked.check()
    other = checked.server.url.replace("dags.git", "other.git")
    done = subprocess.run(
        ["git", "ls-remote", other], capture_output=True, text=True, env={**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    )
    assert "could not read Username" in done.stderr


def test_a_git_that_takes_too_long_ends_with_all_that_it_has_started(checked: Checked, tmp_path: Path) -> None:
    """What it started would write on into a folder that is to go, whose error hid that nobody answered."""
    ssh, number = tmp_path / "ssh", tmp_path / "number"
    ssh.write_text(f"#!/bin/sh\necho $$ >{number}\nwhile : >file$(date +%N); do sleep 0.01; done\n")
    ssh.chmod(0o755)

    def hook(**given: str) -> Hook:
        made = Hook(**given)
        made.env["GIT_SSH"] = str(ssh)
        return made

    kwargs = {"git_conn_id": "x", "repo_url": "ssh://git.invalid/dags.git"}
    with pytest.raises(checked.program.Absent) as raised, checked.program.entering(hook, kwargs, 2) as (git, url):
        git.ok("ls-remote", url)
    assert str(raised.value) == "no answer within 2 s"
    helper = Path("/proc", number.read_text().strip(), "cmdline")
    # One that has ended and that nobody has asked for has none.
    eventually(lambda: not helper.exists() or not helper.read_bytes(), seconds=10, what="git's ssh has ended")
