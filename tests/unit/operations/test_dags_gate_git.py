"""What `up` refuses of DAG files in git, and what it only warns of."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import AirstripError, CheckError
from airstrip.events import Event, Warned
from airstrip.manifests import CLONED_CLASS, ManifestSet
from airstrip.operations import dags_gate, dags_to_check
from airstrip.operations.dags_facts import Processor
from airstrip.operations.dags_gate import CHECKED, DagsGate
from airstrip.operations.dags_git import GitFiles
from airstrip.operations.session import Session
from airstrip.spec import Dags, GitBundle
from airstrip_pods.surroundings import no_project
from tests.unit.dags.making import defined, facts, refused
from tests.unit.operations.test_dags_gate import CONTAINER, Deployed


@dataclass
class FromGit(Deployed):
    """What the servers have is `folder`; `runs` is the DAG processor that is landed, as `branch` and `image`."""

    runs: tuple[str, str] | None = ("main", "one")

    def processor(self, branch: str, image: str) -> Processor:
        kwargs = {"repo_url": REPO, "tracking_ref": branch}
        bundles = json.dumps([{"name": "main", "classpath": CLONED_CLASS, "kwargs": kwargs}])
        pod = {"spec": {"containers": [{**CONTAINER, "image": image}]}}
        item = {"kind": "Deployment", "metadata": {"name": "dag-processor"}, "spec": {"template": pod}}
        return Processor(item, {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundles})

    def land(self, *, branch: str = "main", image: str = "one", memory: str = "", force: bool = False) -> list[Event]:
        assert self.folder
        spec = SimpleNamespace(name="mine", dags=Dags(git=(BUNDLE,)), namespaces=SimpleNamespace(control="c"))
        session = cast(Session, SimpleNamespace(spec=spec, cluster=self))
        new = self.processor(branch, image)
        new = replace(new, environment={**new.environment, "MEMORY": memory})
        old = None if self.runs is None else self.processor(*self.runs)
        told: list[Event] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dags_gate, "processor_of", lambda _: new)
            patch.setattr(dags_gate, "find_processor", lambda _: old)
            found = GitFiles(self.folder, {"main": "c" * 40})
            patch.setattr(dags_to_check, "fetched", lambda *_: nullcontext(found))
            with DagsGate(session, ManifestSet(()), None, force) as gate:
                gate.start()
                gate.hold(told.append, 5.0)
        return told


REPO = "https://git.example.com/dags.git"
BUNDLE = GitBundle(name="main", repo=REPO, ref="main", path="", refresh=10, username="git")


@pytest.fixture
def from_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FromGit:
    found = FromGit(tmp_path, facts(refused("NameError: x")))
    monkeypatch.setattr(dags_gate, "collect", found.collect)
    return found


@pytest.mark.parametrize(
    ("runs", "changed"),
    [(None, {}), (("main", "one"), {"branch": "release"}), (("main", "one"), {"image": "two"})],
    ids=["the first landing", "another branch", "another image"],
)
def test_broken_files_of_git_are_refused_where_the_release_changes_what_reads_them(
    from_git: FromGit, runs: tuple[str, str] | None, changed: dict[str, Any]
) -> None:
    from_git.runs = runs
    with pytest.raises(CheckError) as raised:
        from_git.land(**changed)
    assert (raised.value.code, raised.value.exit_code) == ("dags.broken", 3)
    assert "a.py:3: it cannot be imported" in raised.value.details
    assert from_git.annotations == {}
    assert from_git.land(**changed, force=True) == []
    from_git.outcome = facts(defined("d"))
    from_git.land(**changed)
    assert CHECKED in from_git.annotations


def test_a_release_of_something_else_is_not_refused_for_what_was_pushed_to_git(from_git: FromGit) -> None:
    warning = from_git.land(memory="2Gi")[-1]
    assert isinstance(warning, Warned)
    assert (warning.code, "a.py:3" in warning.message) == ("dags.broken", True)
    # Told once: what comes by a push is Airflow's, and of `status`, from then on.
    assert from_git.land(memory="2Gi") == []
    assert from_git.checks == 1
    assert isinstance(from_git.land(memory="4Gi")[-1], Warned)


LANDED = (
    ('{"sales": {}}', True),
    ("{}", False),
    ("", False),
    # Another one is taken away: that `sales` is not there is no news.
    ('{"old": {}}', False),
    # Somebody changed it, which the landing mends.
    ('{"sales": 1}', False),
    ('{"sales": {}}x', False),
)


@pytest.mark.parametrize(("landed", "refuses"), LANDED)
def test_a_release_that_takes_a_project_away_is_refused_where_a_file_asks_for_it(
    from_git: FromGit, landed: str, refuses: bool
) -> None:
    from_git.projects = landed
    from_git.outcome = facts(refused(f"airstrip_pods.errors.ProjectError: {no_project('sales', ['rides'])}"))
    if refuses:
        with pytest.raises(CheckError, match=r"1 DAG file is broken") as raised:
            from_git.land()
        assert raised.value.fix.startswith("Put the projects back into the file, or mend the DAG files, push them and")
    else:
        assert isinstance(from_git.land()[-1], Warned)


def test_a_server_of_git_that_went_away_is_a_warning(from_git: FromGit) -> None:
    from_git.outcome = AirstripError("dags.git-not-fetched", "no files")
    warning = from_git.land(branch="release")[-1]
    assert isinstance(warning, Warned)
    assert warning.code == "dags.git-not-fetched"
    assert from_git.annotations == {}
