"""The part of the facade that needs neither a cluster nor a place: what an author does on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from airstrip import operations
from airstrip.answers import DevData, TestData, UpgradeData
from airstrip.events import Emit, discard
from airstrip.result import Result
from airstrip.spec import Spec


class Authoring:
    """Of every `Deployment`."""

    spec: Spec

    def dev(
        self,
        dag_id: str,
        task_id: str | None = None,
        conf: Mapping[str, Any] | None = None,
        emit: Emit = discard,
        *,
        logical_date: str | None = None,
        map_index: int | None = None,
        mark_success: Sequence[str] = (),
        env: Path | None = None,
        dags: Path | None = None,
    ) -> Result[DevData]:
        """Runs a DAG, or one task of it, on this machine, without a cluster. Exit code 3 when it did not succeed.

        `mark_success` are tasks that count as done; `env` is a file of NAME=VALUE, by default dev.env beside the file;
        `dags` is another folder than the file's dags.path.
        """
        request = operations.DevRequest(dag_id, task_id, conf or {}, logical_date, map_index, mark_success, env, dags)
        return operations.dev(self.spec, request, emit)

    def serve(
        self, emit: Emit = discard, *, port: int = 8080, env: Path | None = None, dags: Path | None = None
    ) -> NoReturn:
        """Airflow's UI and scheduler on this machine, without a cluster, until it is interrupted: no process stays.

        `port` is the first one that is tried, on loopback; the StepFinished of `dev.serve` has the address as its note.
        `env` and `dags` are as for `dev`.
        """
        operations.serve(self.spec, emit, port=port, env=env, dags=dags)

    def serve_password(self) -> str:
        """Of the account admin of what `serve` serves."""
        return operations.read_serve_password(self.spec)

    def test(
        self,
        arguments: Sequence[str] = (),
        emit: Emit = discard,
        *,
        env: Path | None = None,
        dags: Path | None = None,
        color: bool = False,
    ) -> Result[TestData]:
        """pytest over the author's tests, with these arguments, on this machine; over our checks where there are none.

        What pytest prints are LogLine events. Exit code 3 when a test failed.
        """
        return operations.run_tests(self.spec, arguments, emit, env=env, dags=dags, color=color)

    def upgrade_check(
        self, emit: Emit = discard, *, env: Path | None = None, dags: Path | None = None
    ) -> Result[UpgradeData]:
        """What of the DAG files the next Airflow will not take. Exit code 3 when there is something to change."""
        return operations.upgrade_check(self.spec, emit, env, dags)

    def known_dags(self) -> Mapping[str, Sequence[str]]:
        """Tasks by DAG, as `dev` has last read them on this machine."""
        return operations.known_dags(self.spec)
