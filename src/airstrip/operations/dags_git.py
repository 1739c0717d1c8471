"""DAG files of git for a check: fetched by a pod that gets in as whoever clones them, parsed by one that cannot."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airstrip.dags import fetch_files, running_pod
from airstrip.manifests import GIT_DIR, build_git_reader
from airstrip.operations.git_checks import bundles_of, landed_check
from airstrip.operations.session import Session


@dataclass(frozen=True)
class GitFiles:
    """`commits` by the bundle's name. Several bundles have a folder each, of its name, below `folder`."""

    folder: Path
    commits: Mapping[str, str]

    def __str__(self) -> str:
        return ", ".join(f"{name} at {commit[:10]}" for name, commit in self.commits.items())


@contextmanager
def fetched(session: Session, checks: Sequence[Mapping[str, Any]], say: Callable[[str], None]) -> Iterator[GitFiles]:
    """As the servers have them now. `checks` are the Jobs that got into the repositories. Raises AirstripError."""
    submodules = {each.name: each.sync.submodules if each.sync else "off" for each in session.spec.dags.git}
    names = [name for check in checks for name in bundles_of(check) if name in submodules]
    commits = {}
    with tempfile.TemporaryDirectory(prefix="airstrip-dags-") as scratch:
        root = Path(scratch) / "dags"
        for check in checks:
            job = build_git_reader(dict(check), deployment=session.spec.name)
            with running_pod(session.cluster, job, say) as pod:
                for name in (each for each in bundles_of(check) if each in submodules):
                    folder = root / name if len(names) > 1 else root
                    folder.mkdir(parents=True)
                    options = {"check": f"{GIT_DIR}/check_git.py", "bundle": name, "submodules": submodules[name]}
                    commits[name] = fetch_files(session.cluster, pod, job, options, folder, say)
        yield GitFiles(root, commits)


def landed_checks(session: Session) -> list[Mapping[str, Any]]:
    """Each once, of every bundle of the file. Raises AirstripError where one has none."""
    found = [landed_check(session, bundle) for bundle in session.spec.dags.git]
    return [check for index, check in enumerate(found) if check not in found[:index]]
