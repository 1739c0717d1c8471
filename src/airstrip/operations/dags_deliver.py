"""Of `up`: the file's folder is what is live of pushed DAGs afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from airstrip.dags import Facts
from airstrip.events import Emit
from airstrip.kube import Lease
from airstrip.operations.dags_facts import Processor, find_processor
from airstrip.operations.dags_push import await_seen, deliver, record_of
from airstrip.operations.dags_seen import defined_dags
from airstrip.operations.dags_still import StillDags
from airstrip.operations.pushed_dags import UP, folder_to_send, opened, record_live, recorded_live
from airstrip.operations.session import Session
from airstrip.spec import Spec


def check_declared(spec: Spec) -> None:
    """Before anything: raises UsageError where the file's folder cannot be sent."""
    if is_declared(spec):
        folder_to_send(spec, None)


def is_declared(spec: Spec) -> bool:
    """Whether `up` pushes."""
    return spec.dags.pushed and spec.dags.path is not None


@dataclass
class Delivery:
    """Before Airflow rolls, where nothing that runs reads the volume: the new DAG processor finds its files.

    Else afterwards: a file that is new in both may want the image that comes with it.
    """

    session: Session
    lease: Lease
    emit: Emit
    dags: StillDags | None
    left: Callable[[], float]
    """Seconds that `up` has still."""
    _awaited: str = ""
    """The revision that Airflow is to read, where it does not yet."""

    def before_roll(self, processor: Processor) -> int:
        """How many revisions became live; `processor` is the one that is to be landed."""
        if not is_declared(self.session.spec) or self._is_read():
            return 0
        record = self._record()
        # Who reads them comes with the roll, also where they are in the volume already.
        self._awaited = str(record["revision"])
        return self._send(record, processor)

    def after_roll(self, facts: Facts | None) -> int:
        """And until Airflow has read them. `facts` are those of the check before, where there was one."""
        if not is_declared(self.session.spec):
            return 0
        changed = 0
        if not self._awaited:
            record = self._record()
            changed = self._send(record, None)
            self._awaited = str(record["revision"]) if changed else ""
        if self._awaited:
            assert self.dags is not None, "it is declared"
            wanted = None if facts is None else defined_dags(facts)
            await_seen(self.session, self._awaited, self.dags.files, self.emit, wanted, timeout=self.left())
        return changed

    def _is_read(self) -> bool:
        """What runs, of whichever release."""
        processor = find_processor(self.session)
        return processor is not None and processor.reads_pushed

    def _record(self) -> dict[str, Any]:
        assert self.dags is not None, "it is declared"
        return record_of(self.dags.folder, self.dags.files, UP, "")

    def _send(self, record: dict[str, Any], processor: Processor | None) -> int:
        """Nothing where it is live already."""
        session, dags, revision = self.session, self.dags, str(record["revision"])
        assert dags is not None, "it is declared"
        if recorded_live(session) == revision:
            return 0
        with opened(session, self.emit, writes=True, processor=processor, left=self.left) as volume:
            state = volume.state()
            if state.live == revision:
                record_live(session, revision)
                return 0
            self.lease.check()
            deliver(session, volume, state, dags.files, record, self.emit)
        return 1
