"""The Jobs that get into the repositories of git: which of them a check of the file's DAG files may ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from airstrip.errors import AirstripError
from airstrip.manifests import ManifestSet
from airstrip.operations import dags_git
from airstrip.operations.git_checks import checks_of, landed_check, landed_checks
from airstrip.operations.session import Session
from airstrip.spec import GitBundle, GitSync, Spec
from tests.unit.manifests.by_git import by_git, cloned_bundle, synced_bundle
from tests.unit.manifests.conftest import compile, images, platform, spec

__all__ = ["compile", "images", "platform", "spec"]
CLONED, MORE = cloned_bundle(), cloned_bundle(name="more")
SYNCED = synced_bundle(name="other", sync=GitSync(submodules="recursive"))


@dataclass
class Landed:
    """A cluster that has the Jobs of what was landed, with the file as it is now."""

    compile: Callable[..., ManifestSet]
    base: Spec
    jobs: list[dict[str, Any]] = field(default_factory=list)
    executor: str = "kubernetes"
    session: Session = field(init=False)

    def write(self, *bundles: GitBundle) -> ManifestSet:
        """The file; what is compiled of it."""
        changed = by_git(self.base, *bundles, executor=self.executor)
        self.session = cast(Session, SimpleNamespace(cluster=self, spec=changed))
        return self.compile(spec=changed)

    def land(self, *bundles: GitBundle, succeeded: int = 1) -> None:
        for check in checks_of(self.write(*bundles), bundles):
            # In the order of its landing: an API server has seconds.
            created = {**check.job["metadata"], "creationTimestamp": f"2026-01-01T00:00:{len(self.jobs):02}Z"}
            self.jobs.append({**check.job, "metadata": created, "status": {"succeeded": succeeded}})

    def list(self, _: str, kind: str, namespace: str, *, label_selector: str) -> list[Mapping[str, Any]]:
        wanted = dict(each.split("=") for each in label_selector.split(",")).items()
        found = [job for job in self.jobs if wanted <= job["metadata"]["labels"].items()]
        return [job for job in found if (kind, job["metadata"]["namespace"]) == ("Job", namespace)]

    def asked(self) -> dict[str, str]:
        """The bundles that a check of the file's DAG files asks each Job for."""
        return {
            check.job["metadata"]["creationTimestamp"][-3:-1]: " ".join(bundle.name for bundle in check.bundles)
            for check in landed_checks(self.session)
        }


@pytest.fixture
def landed(compile: Callable[..., ManifestSet], spec: Spec) -> Landed:
    return Landed(compile, spec)


def test_a_release_asks_each_job_for_what_it_tries(landed: Landed) -> None:
    checks = checks_of(landed.write(CLONED, SYNCED, MORE), (CLONED, SYNCED, MORE))
    told = {check.job["metadata"]["namespace"]: [bundle.name for bundle in check.bundles] for check in checks}
    assert told == {"mine-workers": ["main", "more"], "mine": ["other"]}


@pytest.mark.parametrize(
    "changed",
    [
        {"ref": "release"},
        {"path": "team/dags"},
        {"repo": "https://git.example.com/data/other.git"},
        {"name": "new"},
        {"sync": GitSync()},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_job_of_another_repository_branch_folder_or_way_is_none(landed: Landed, changed: dict[str, Any]) -> None:
    """The file was changed and is not landed yet: what the Job gets at would be called good in its place."""
    # All of them in one namespace.
    landed.executor = "local"
    landed.land(CLONED)
    landed.write(cloned_bundle(**changed))
    with pytest.raises(AirstripError) as raised:
        landed_check(landed.session, landed.session.spec.dags.git[0])
    assert raised.value.code == "git.not-checked"
    assert "The file was changed since the last landing" in raised.value.cause


def test_another_period_is_no_other_repository(landed: Landed) -> None:
    landed.land(CLONED)
    landed.write(CLONED.model_copy(update={"refresh": 60, "username": "other"}))
    assert landed.asked() == {"00": "main"}


def test_the_last_that_succeeded_is_asked_once_for_all_of_its_bundles(landed: Landed) -> None:
    landed.land(CLONED, MORE)
    landed.land(CLONED, MORE, SYNCED)
    landed.land(CLONED, MORE, SYNCED, succeeded=0)
    assert landed.asked() == {"01": "main more", "02": "other"}


def test_a_job_is_not_asked_for_a_bundle_that_was_changed_back(landed: Landed) -> None:
    """Of a release that got in, and no further: one bundle by it, and the other by the release before."""
    landed.land(CLONED, MORE)
    landed.land(CLONED, MORE.model_copy(update={"ref": "release"}))
    landed.write(CLONED, MORE)
    assert landed.asked() == {"01": "main", "00": "more"}


def test_several_bundles_have_a_folder_each_and_git_sync_s_has_its_submodules(
    landed: Landed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the pods, and for what is run in them."""
    pods: list[str] = []

    @contextmanager
    def running_pod(_: object, job: Mapping[str, Any], __: object) -> Iterator[str]:
        pods.append(job["metadata"]["namespace"])
        yield pods[-1]

    def fetch_files(_: object, pod: str, __: object, options: Mapping[str, Any], into: Path, ___: object) -> str:
        assert into.is_dir()
        (into / "a.py").write_text(f"{pod}, submodules {options['submodules']}")
        return str(options["bundle"])[0] * 40

    monkeypatch.setattr(dags_git, "running_pod", running_pod)
    monkeypatch.setattr(dags_git, "fetch_files", fetch_files)

    def fetched() -> tuple[str, dict[str, str]]:
        with dags_git.fetched(landed.session, landed_checks(landed.session), lambda _: None) as found:
            files = {str(path.relative_to(found.folder)): path.read_text() for path in found.folder.rglob("*.py")}
            return str(found), files

    landed.land(CLONED)
    assert fetched() == (f"main at {'m' * 10}", {"a.py": "mine-workers, submodules off"})
    landed.land(CLONED, SYNCED)
    assert fetched() == (
        f"main at {'m' * 10}, other at {'o' * 10}",
        {"main/a.py": "mine-workers, submodules off", "other/a.py": "mine, submodules recursive"},
    )
    assert pods == ["mine-workers", "mine-workers", "mine"]
