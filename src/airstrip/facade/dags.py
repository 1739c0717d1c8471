"""The facade's verbs for DAG files and what Airflow made of them."""

from __future__ import annotations

from pathlib import Path

from airstrip import operations
from airstrip.answers import DagsCheckData, DagsData
from airstrip.events import Emit, discard
from airstrip.result import Result


class Dags:
    """Of every `Deployment`."""

    _session: operations.Session

    def dags(self, *, bundle: str | None = None, only_errors: bool = False, built_in: bool = False) -> Result[DagsData]:
        """The DAGs that Airflow knows, with their last runs, and the files that it cannot import."""
        return operations.list_dags(self._session, bundle=bundle, only_errors=only_errors, built_in=built_in)

    def check_dags(self, path: Path | None = None, emit: Emit = discard) -> Result[DagsCheckData]:
        """What is wrong with DAG files, before Airflow has them: of the file's dags.path, or of another folder.

        Exit code 3 for what Airflow refuses, and for what names something that is not there.
        """
        return operations.check_dags(self._session, path, emit)
