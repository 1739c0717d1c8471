"""DAG files of git for a check: fetched by a pod that gets in as whoever clones them, parsed by one that cannot."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from airstrip.dags import fetch_files, running_pod
from airstrip.manifests import GIT_DIR, build_git_reader
from airstrip.operations.git_checks import GitCheck
from airstrip.operations.session import Session


@dataclass(frozen=True)
class GitFiles:
    """`commits` by the bundle's name. Several bundles have a folder each, of its name, below `folder`."""

    folder: Path
    commits: Mapping[str, str]

    def __str__(self) -> str:
        return ", ".join(f"{name} at {commit[:10]}" for name, commit in self.commits.items())


@contextmanager
def fetched(session: Session, checks: Sequence[GitCheck], say: Callable[[str], None]) -> Iterator[GitFiles]:
    """As the servers have them now. `checks` are of Jobs that got into the repositories. Raises AirstripError."""
    is_alone = sum(len(check.bundles) for check in checks) == 1
    commits = {}
    with tempfile.TemporaryDirectory(prefix="airstrip-dags-") as scratch:
        root = Path(scratch) / "dags"
        for check in checks:
            job = build_git_reader(dict(check.job), deployment=session.spec.name)
            with running_pod(session.cluster, job, say) as pod:
                for bundle in check.bundles:
                    folder = root if is_alone else root / bundle.name
                    folder.mkdir(parents=True)
                    submodules = bundle.sync.submodules if bundle.sync else "off"
                    options = {"check": f"{GIT_DIR}/check_git.py", "bundle": bundle.name, "submodules": submodules}
                    commits[bundle.name] = fetch_files(session.cluster, pod, job, options, folder, say)
        yield GitFiles(root, commits)
