"""The bundle of DAGs that git-sync brings: what Airflow reads of its folder, commit by commit.

git-sync has each commit's files in a folder of the commit's name, and a link to the one that is live, which it
switches in one step. Whoever reads by the link may see two commits in one import; this reads by the folder. So a DAG
is of one commit, Airflow knows of which, and a task runs the commit that its run began with.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from airflow.dag_processing.bundles.base import BaseDagBundle, BundleVersion

log = logging.getLogger(__name__)

LINK = "live"
PATIENCE_SECONDS = 60.0
"""For a task: git-sync makes its folder anew where it finds it broken."""
POLL_SECONDS = 0.5


class SyncedDagBundle(BaseDagBundle):
    """`root` is git-sync's, `subdir` the folder of DAGs in the repository."""

    supports_versioning = True

    def __init__(self, *, root: str, subdir: str = "", **others) -> None:
        super().__init__(**others)
        self._root = Path(root)
        self._subdir = subdir
        self._folder: Path | None = None

    def initialize(self) -> None:
        self._folder = self._pinned() if self.version else self._live()
        super().initialize()

    def refresh(self) -> None:
        self._folder = self._live()

    @property
    def path(self) -> Path:
        return (self._folder or self._live()) / self._subdir

    def get_current_version(self) -> BundleVersion:
        if self._folder is None and self.version:
            return BundleVersion(version=self.version)
        return BundleVersion(version=(self._folder or self._live()).name)

    def _live(self) -> Path:
        """The folder of the commit that is live now. Raises FileNotFoundError where git-sync has none yet."""
        folder = self._root / os.readlink(self._root / LINK)
        if not folder.is_dir():
            raise FileNotFoundError(f"git-sync has no files of the commit {folder.name} in {self._root}")
        return folder

    def _pinned(self) -> Path:
        """The run's commit; the one that is live where its files are not kept any more."""
        live = self._await_live()
        folder = live.with_name(self.version)
        if folder.is_dir():
            return folder
        log.warning(
            "The files of commit %s are not kept any more (dags.git.sync.keepHours): this runs commit %s",
            self.version,
            live.name,
        )
        return live

    def _await_live(self) -> Path:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._live()
            except FileNotFoundError:
                if time.monotonic() > deadline:
                    raise
            time.sleep(POLL_SECONDS)
