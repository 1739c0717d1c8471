"""What the gate of `up` checks: a folder of this machine that stands still, or what the servers of git have now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from airstrip.checksum import checksum
from airstrip.dags import content_key, find_pointers, holds_dags, program_key
from airstrip.manifests import ManifestSet
from airstrip.operations.dags_facts import Processor
from airstrip.operations.dags_git import fetched
from airstrip.operations.dags_still import StillDags
from airstrip.operations.git_checks import GitCheck, checks_of
from airstrip.operations.session import Session


@dataclass(frozen=True)
class OpenedDags:
    """The files of `bundles`; `key` stands for all that decides what a check of them says, but what Airflow keeps."""

    folder: Path
    bundles: Sequence[str]
    key: str


class DagsToCheck(Protocol):
    def key(self, processor: Processor) -> str:
        """Without opening them: where it has passed, they are not checked again."""

    def open(self, processor: Processor, say: Callable[[str], None], /) -> AbstractContextManager[OpenedDags]:
        """Raises AirstripError where they cannot be had."""


@dataclass(frozen=True)
class FolderDags:
    dags: StillDags

    def key(self, processor: Processor) -> str:
        return _key(content_key(self.dags.known), processor)

    @contextmanager
    def open(self, processor: Processor, _: Callable[[str], None], /) -> Iterator[OpenedDags]:
        # Of what is checked: a live folder may be another one by now.
        yield OpenedDags(self.dags.files, ("main",), _key(content_key(self.dags.files), processor))


@dataclass(frozen=True)
class GitDags:
    """`checks` have got into the repositories.

    Its key has no commit: what is pushed later is Airflow's to read, with this release or without it.
    """

    session: Session
    checks: Sequence[GitCheck]

    def key(self, processor: Processor) -> str:
        return _key("git", processor)

    @contextmanager
    def open(self, processor: Processor, say: Callable[[str], None], /) -> Iterator[OpenedDags]:
        with fetched(self.session, self.checks, say) as found:
            yield OpenedDags(found.folder, tuple(found.commits), self.key(processor))


def dags_to_check(session: Session, manifests: ManifestSet, dags: StillDags | None) -> DagsToCheck | None:
    """None where there is nothing to check."""
    if session.spec.dags.git:
        return GitDags(session, checks_of(manifests, session.spec.dags.git))
    if dags is None or not (holds_dags(dags.known) or find_pointers(dags.known)):
        return None
    return FolderDags(dags)


def _key(files: str, processor: Processor) -> str:
    pod = [processor.deployment["spec"]["template"]["spec"], processor.environment, processor.projects]
    return checksum([files, pod, program_key()])
