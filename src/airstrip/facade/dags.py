"""The facade's verbs for DAG files and what Airflow made of them."""

from __future__ import annotations

from pathlib import Path

from airstrip import operations
from airstrip.answers import DagsCheckData, DagsData, DiffData, PushData, RevisionsData, RollbackData
from airstrip.events import Emit, discard
from airstrip.result import Result


class Dags:
    """Of every `Deployment`."""

    _session: operations.Session

    def dags(self, *, bundle: str | None = None, only_errors: bool = False, built_in: bool = False) -> Result[DagsData]:
        """The DAGs that Airflow knows, with their last runs, and the files that it cannot import."""
        return operations.list_dags(self._session, bundle=bundle, only_errors=only_errors, built_in=built_in)

    def check_dags(self, path: Path | None = None, emit: Emit = discard) -> Result[DagsCheckData]:
        """What is wrong with DAG files, before Airflow has them: of the file's folder or its
        repositories of git, or of another folder.

        Exit code 3 for what Airflow refuses, and for what names something that is not there.
        """
        return operations.check_dags(self._session, path, emit)

    def push_dags(
        self, path: Path | None = None, emit: Emit = discard, *, message: str = "", force: bool = False
    ) -> Result[PushData]:
        """Makes a folder's files the live ones, in a deployment whose file says dags.volume.

        Raises CheckError where a file is broken, unless `force` is; what was live then still is.
        """
        return operations.push_dags(self._session, path, emit, message=message, force=force)

    def dags_history(self, emit: Emit = discard) -> Result[RevisionsData]:
        """What of the pushed files was live when, oldest first."""
        return operations.dags_history(self._session, emit)

    def rollback_dags(
        self, revision: str | None = None, emit: Emit = discard, *, message: str = ""
    ) -> Result[RollbackData]:
        """Goes back to what was live before, or to a revision by the beginning of its name."""
        return operations.rollback_dags(self._session, revision, emit, message=message)

    def diff_dags(
        self,
        path: Path | None = None,
        revision: str | None = None,
        emit: Emit = discard,
        *,
        stat: bool = False,
        exit_code: bool = False,
    ) -> Result[DiffData]:
        """What a push of the folder would change of the live files, or of another revision's.

        With `stat` without the lines themselves. With `exit_code`, 3 for differences.
        """
        return operations.diff_dags(self._session, path, revision, emit, stat=stat, exit_code=exit_code)
