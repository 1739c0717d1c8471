"""DAG files that `airstrip dags push` sent: Airflow's bundle of them, with each revision as a version.

The volume has `revisions/REVISION/`, whose files never change, and `state.json`, which is replaced as a whole and says
which one is live. A process reads that once, and then files of that revision only.
"""

from __future__ import annotations

import json
from pathlib import Path

from airflow.dag_processing.bundles.base import BaseDagBundle, BundleVersion


class PushedDagBundle(BaseDagBundle):
    supports_versioning = True

    def __init__(self, *, path: str, **kwargs) -> None:
        super().__init__(**kwargs)
        self._root = Path(path)
        # Not read here: the API server makes bundles too, and has no volume of them.
        self._revision = self.version

    def initialize(self) -> None:
        if self.version is None:
            self.refresh()
        elif not self.path.is_dir():
            raise FileNotFoundError(
                f"The DAG files of revision {self.version} are not kept any more; `keep` under dags.volume says how "
                "many are. Let the run begin anew."
            )
        super().initialize()

    def refresh(self) -> None:
        if self.version is None:
            self._revision = self._live()

    def get_current_version(self) -> BundleVersion | None:
        return BundleVersion(self._revision) if self._revision else None

    @property
    def path(self) -> Path:
        """A folder that is not there, while nothing was pushed yet."""
        return self._root / "revisions" / (self._revision or "none")

    def _live(self) -> str | None:
        try:
            return json.loads((self._root / "state.json").read_text(encoding="utf-8"))["live"]
        except FileNotFoundError:
            return None
