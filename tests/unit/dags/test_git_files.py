"""Files of a real repository by the program as a pod runs it, but for the pod and for Airflow's hook."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import pytest

from airstrip.dags import fetch_files, git_checkout, git_files
from airstrip.errors import AirstripError
from airstrip.kube import Cluster
from tests.git_server import Repository

AS_AIRFLOW = f"""
import contextlib, runpy
from types import SimpleNamespace

globals().update(runpy.run_path({str(files("airstrip.manifests") / "files" / "git" / "check_git.py")!r}))
HOOK = SimpleNamespace(repo_url=KWARGS["repo_url"], env={{}}, configure_hook_env=lambda: contextlib.nullcontext(None))
git_bundles = lambda: [("main", KWARGS)]
find_hook = lambda: lambda **_: HOOK
"""
"""The other program, with a hook and a bundle that are not Airflow's."""
JOB = {"metadata": {"namespace": "workers"}, "spec": {"template": {"spec": {"containers": [{"name": "git-check"}]}}}}


class Pod:
    """Has a repository whose folder `team/dags` is a bundle's."""

    def __init__(self, folder: Path) -> None:
        self.repository = Repository(folder / "repositories").create()
        self.ref, self.subdir, self.is_synced = "main", "team/dags", False
        self.into = folder / "into"
        self.into.mkdir()
        self.check = folder / "check.py"

    def run(self, *_: object, argv: list[str], stdin: Any, **__: object) -> Iterator[str]:
        """As the pod's Python runs it."""
        url = str(self.repository.bare)
        kwargs = {"git_conn_id": "x", "repo_url": url, "tracking_ref": self.ref, "subdir": self.subdir}
        self.check.write_text(f"KWARGS = { ({**kwargs, 'is_synced': self.is_synced})!r}\n{AS_AIRFLOW}")
        yield "[2026-11-22] WARNING of what the program imports"
        program = [sys.executable, *argv[1:]]
        done = subprocess.run(program, input=stdin.read(1 << 20), stdout=subprocess.PIPE, check=True)
        yield from done.stdout.decode().splitlines()

    def fetch(self, submodules: str = "off", **more: object) -> str:
        options = {"check": str(self.check), "bundle": "main", "submodules": submodules, **more}
        return fetch_files(cast(Cluster, None), "pod", JOB, options, self.into, lambda _: None)

    def refused(self, **more: object) -> AirstripError:
        with pytest.raises(AirstripError) as raised:
            self.fetch(**more)
        return raised.value

    def link(self, **links: str) -> None:
        """Pushes links, by their names in `team/dags`."""
        for name, target in links.items():
            (self.repository.work / "team" / "dags" / name).symlink_to(target)
        self.repository.push({})

    def found(self) -> dict[str, str]:
        paths = [path for path in self.into.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.into)): path.read_text() for path in paths}


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pod:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    config = tmp_path / "gitconfig"
    config.write_text('[safe]\n\tdirectory = *\n[protocol "file"]\n\tallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    found = Pod(tmp_path)
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


@pytest.mark.parametrize("is_synced", [False, True], ids=["clone", "git-sync"])
def test_a_server_that_gives_no_single_commits_gives_one_of_its_history(pod: Pod, is_synced: bool) -> None:
    """Of whatever branch: git lets none be fetched into that a folder has checked out, and calls its own master."""
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
        config.write("[protocol]\n\tversion = 0\n[init]\n\tdefaultBranch = main\n")
    pod.ref = pod.repository.push({"team/dags/a.py": "one"})
    pod.repository.push({"team/dags/a.py": "two"})
    pod.is_synced = is_synced
    assert pod.fetch() == pod.ref
    assert pod.found() == {"a.py": "one"}


def test_a_commit_that_no_branch_has_comes_to_git_sync_alone(pod: Pod) -> None:
    pod.repository.git("-C", str(pod.repository.bare), "config", "uploadpack.allowAnySHA1InWant", "true")
    kept = pod.repository.push({"team/dags/a.py": "one"})
    pod.ref = pod.repository.push({"team/dags/a.py": "two"})
    pod.repository.git("reset", "--quiet", "--hard", kept)
    pod.repository.push({}, force=True)
    assert pod.refused().details == f"the repository has no commit {pod.ref}"
    pod.is_synced = True
    pod.fetch()
    assert pod.found() == {"a.py": "two"}


def test_a_folder_that_is_not_in_the_repository_is_refused(pod: Pod, tmp_path: Path) -> None:
    """An empty one would be good, and one that a link leads to may be of this pod, with the token that it has."""
    (tmp_path / "secret" / "dags").mkdir(parents=True)
    (tmp_path / "secret" / "dags" / "token").write_text("s3cret")
    pod.repository.push({"a.py": "one"})
    assert "has no folder team/dags there; its folders at the top: none" in pod.refused().details
    (pod.repository.work / "team").symlink_to(tmp_path / "secret")
    pod.repository.push({})
    assert "has no folder team/dags there" in pod.refused().details
    (pod.repository.work / "team").unlink()
    (pod.repository.work / "team").mkdir()
    (pod.repository.work / "team" / "dags").symlink_to(tmp_path / "secret" / "dags")
    pod.repository.push({})
    assert "has no folder team/dags there; its folders at the top: team" in pod.refused().details
    assert pod.found() == {}


def test_nothing_is_packed_of_a_folder_outside_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "dags").symlink_to(tmp_path)
    for subdir in ("dags", "..", "/etc"):
        with pytest.raises(git_checkout.Absent):
            git_checkout._pack(tmp_path / "root", subdir, 1 << 20, git_checkout._Voice())


def test_links_lead_where_they_lead_in_a_clone_and_nowhere_else(pod: Pod) -> None:
    """A release may check as root what others push."""
    pod.repository.push({"team/dags/a.py": "one", "team/lib/b.py": "two", "c.py": "three"})
    links = {"same.py": "a.py", "lib": "../lib", "c.py": "../../c.py", "out.py": "/etc/hostname", "no": "x"}
    pod.link(**links, loop="..", round="../dags/a.py", itself="itself", git="../../.git", config="../../.git/config")
    pod.fetch()
    assert pod.found() == {
        "a.py": "one",
        "same.py": "one",
        "round": "one",
        "lib/b.py": "two",
        "c.py": "three",
    }
    links_here = {path.name: str(path.readlink()) for path in pod.into.iterdir() if path.is_symlink()}
    # Whoever goes through the folder around it meets the folder again, at which Airflow ends.
    assert links_here == {"same.py": "a.py", "round": "a.py", "loop": "."}


def test_links_of_what_a_link_leads_to_lead_on(pod: Pod) -> None:
    """Else what imports through them is called broken."""
    pod.repository.push({"team/dags/a.py": "one", "team/lib/b.py": "two", "team/real/c.py": "three"})
    for name, target in {"inner": "../real", "again": "../lib", "dag.py": "../dags/a.py", "git": "../../.git"}.items():
        (pod.repository.work / "team" / "lib" / name).symlink_to(target)
    pod.link(lib="../lib", more="../lib", real="../real")
    pod.fetch()
    assert (pod.into / "lib" / "inner" / "c.py").read_text() == "three"
    assert (pod.into / "lib" / "dag.py").readlink() == Path("../a.py")
    assert not (pod.into / "lib" / "git").exists()
    # As in a clone Airflow meets one folder twice there, and not two.
    assert (pod.into / "more").resolve() == (pod.into / "lib" / "again").resolve() == pod.into / "lib"
    assert (pod.into / "real").resolve() == pod.into / "lib" / "inner"


def test_what_is_too_large_is_not_written_first(tmp_path: Path) -> None:
    """The pod's room is small, and a repository is not."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "lib").mkdir()
    for name in "abc":
        (tmp_path / "lib" / name).write_text("x" * 5000)
    (tmp_path / "dags" / "lib").symlink_to("../lib")
    with tarfile.open(fileobj=io.BytesIO(), mode="w") as archive:
        packing = git_checkout._Packing(archive, tmp_path, tmp_path / "dags", 8000)
        with pytest.raises(git_checkout.TooLarge):
            packing.add(tmp_path / "dags", Path())
        assert archive.getnames() == ["lib/a"]


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
    assert pod.refused(most=1000).code == "dags.git-too-large"
    pod.ref = "none"
    error = pod.refused()
    assert (error.code, error.details) == ("dags.git-not-fetched", "the repository has no branch none: it has main")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "ssh: connect to host h port 22: Connection refused\nfatal: Could not read from remote repository.\n\n"
            "Please make sure you have the correct access rights\nand the repository exists.",
            "ssh: connect to host h port 22: Connection refused",
        ),
        (
            "remote: Not found.\nfatal: Authentication failed for 'https://me:s3cret-word@h/d.git/'\nhint: none",
            "fatal: Authentication failed for 'https://***@h/d.git/'",
        ),
        ("OSError: [Errno 28] No space left on device", "OSError: [Errno 28] No space left on device"),
        ("", "it said nothing"),
    ],
    ids=["ssh", "https", "no-git", "nothing"],
)
def test_what_git_says_stands_in_the_message_for_who_sees_no_more_than_that(said: str, told: str) -> None:
    """As the warning of `up`."""
    error = git_files._failed("main", {"failed": said})
    assert error.message == f"the DAG files of the bundle main could not be fetched to check them: {told}"
    assert "s3cret-word" not in f"{error.message} {error.details}"
