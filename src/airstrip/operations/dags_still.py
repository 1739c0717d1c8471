"""A folder of DAG files that stands still: what is checked is what is delivered, whoever saves a file meanwhile."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from airstrip.dags import snapshot
from airstrip.errors import UsageError
from airstrip.operations.dags_sendable import require_sendable
from airstrip.spec import Spec


@contextmanager
def still(folder: Path) -> Iterator[Path]:
    """A copy of it."""
    with ExitStack() as stack:
        try:
            files = stack.enter_context(snapshot(folder))
        except OSError as error:
            raise UsageError(
                "dags.not-sendable",
                f"{folder} cannot be copied: {error.filename}: {error.strerror}",
                cause="It was changed while it was read, or this machine has no room for a copy of it.",
                fix=f"Run this again; or make room in {tempfile.gettempdir()}, or name another folder by TMPDIR.",
            ) from error
        yield files


class StillDags:
    """The folder that the file names, and its copy."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self._copy: Path | None = None

    @property
    def files(self) -> Path:
        """The copy, as they were when it was asked for first. Raises UsageError."""
        if self._copy is None:
            self._copy = self._stack.enter_context(still(self.folder))
        return self._copy

    @property
    def known(self) -> Path:
        """To look at: what is never delivered is copied only where somebody wants it."""
        return self._copy or self.folder


@contextmanager
def still_dags(spec: Spec) -> Iterator[StillDags | None]:
    """None where the file names no folder. What is to be delivered, pushed or in the image, stands still from here on;
    Airflow reads a live folder itself, and may see more of it than was checked."""
    with ExitStack() as stack:
        folder = spec.dags.folder
        found = StillDags(folder, stack) if folder is not None and folder.is_dir() else None
        if found and spec.dags.live_folder is None:
            # What was saved since the folder was looked at is in it.
            require_sendable(found.files, found.folder)
        yield found
