"""Files of a real repository by the program as a pod runs it, but for the pod and for Airflow's hook."""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.dags import fetch_files, git_checkout, git_files
from airstrip.errors import AirstripError
from airstrip.kube import Cluster
from tests.git_server import Repository

CHECK = str(files("airstrip.manifests") / "files" / "git" / "check_git.py")
JOB = {"metadata": {"namespace": "workers"}, "spec": {"template": {"spec": {"containers": [{"name": "git-check"}]}}}}


class Pod:
    """Has a repository whose folder `team/dags` is a bundle's."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "repositories").create()
        self.ref, self.subdir = "main", "team/dags"
        self.into = folder / "into"
        self.into.mkdir()

    def run_path(self, path: str) -> dict[str, Any]:
        url = str(self.repository.bare)
        kwargs = {"git_conn_id": "x", "repo_url": url, "tracking_ref": self.ref, "subdir": self.subdir}
        hook = SimpleNamespace(repo_url=url, env={}, configure_hook_env=lambda: contextlib.nullcontext(None))
        own = {"git_bundles": lambda: [("main", kwargs)], "find_hook": lambda: lambda **_: hook}
        return {**RUN_PATH(path), **own}

    def run(self, *_: object, stdin: Any, **__: object) -> Iterator[str]:
        options = json.loads(stdin.read(1 << 20))
        assert "def main" in options.pop("program")
        yield "[2026-11-22] WARNING of what the program imports"
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            git_checkout.main(options, io.BytesIO())
        yield from said.getvalue().splitlines()

    def fetch(self, submodules: str = "off", **more: object) -> str:
        options = {"check": CHECK, "bundle": "main", "submodules": submodules, **more}
        return fetch_files(cast(Cluster, None), "pod", JOB, options, self.into, lambda _: None)

    def found(self) -> dict[str, str]:
        paths = [path for path in self.into.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.into)): path.read_text() for path in paths}


RUN_PATH = runpy.run_path


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pod:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    config = tmp_path / "gitconfig"
    config.write_text('[safe]\n\tdirectory = *\n[protocol "file"]\n\tallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    found = Pod(tmp_path)
    monkeypatch.setattr(git_checkout.runpy, "run_path", found.run_path)
    monkeypatch.setattr(git_files, "run_in_pod", found.run)
    return found


def test_the_folder_s_files_of_the_branch_come_and_no_others(pod: Pod) -> None:
    pod.repository.push({"team/dags/a.py": "one", "team/dags/sub/b.py": "two", "README": "no"})
    old = pod.repository.head
    new = pod.repository.push({"team/dags/a.py": "three", "team/dags/sub/b.py": None})
    assert pod.fetch() == new
    assert pod.found() == {"a.py": "three"}
    pod.ref, pod.into = old, pod.into / "of-a-commit"
    pod.into.mkdir()
    assert pod.fetch() == old
    assert pod.found() == {"a.py": "one", "sub/b.py": "two"}


def test_links_lead_where_they_lead_in_a_clone_and_nowhere_else(pod: Pod) -> None:
    """A release may check as root what others push."""
    work = pod.repository.work
    pod.repository.push({"team/dags/a.py": "one", "team/lib/b.py": "two", "c.py": "three"})
    links = {
        "same.py": "a.py",
        "lib": "../lib",
        "c.py": "../../c.py",
        "out.py": "/etc/hostname",
        "loop": "..",
        "no": "x",
    }
    for name, target in links.items():
        (work / "team" / "dags" / name).symlink_to(target)
    pod.repository.push({})
    pod.fetch()
    assert pod.found() == {"a.py": "one", "same.py": "one", "lib/b.py": "two", "c.py": "three"}
    assert str((pod.into / "same.py").readlink()) == "a.py"
    assert not (pod.into / "out.py").exists()
    assert not (pod.into / "loop").exists()


def test_submodules_come_where_git_sync_brings_them(pod: Pod, tmp_path: Path) -> None:
    other = Repository(tmp_path / "other").create()
    other.push({"lib.py": "theirs"})
    pod.repository.push({"team/dags/a.py": "one"})
    pod.repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.bare), "team/dags/lib")
    pod.repository.push({})
    pod.fetch("recursive")
    assert pod.found() == {"a.py": "one", "lib/lib.py": "theirs"}


def test_what_hinders_it_is_told_in_git_s_words(pod: Pod) -> None:
    pod.repository.push({"team/dags/a.py": "one" * 1000})
    with pytest.raises(AirstripError) as raised:
        pod.fetch(most=1000)
    assert raised.value.code == "dags.git-too-large"
    pod.ref = "none"
    with pytest.raises(AirstripError) as raised:
        pod.fetch()
    assert (raised.value.code, "no branch none" in raised.value.details) == ("dags.git-not-fetched", True)
