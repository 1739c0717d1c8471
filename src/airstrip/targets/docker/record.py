"""What this machine remembers of the cluster that it made: which one, on which Docker, and whether it is done."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Record:
    """`daemon` is the id of Docker itself, `container` that of the node, empty as long as nobody saw it."""

    cluster: str
    daemon: str
    container: str = ""
    ready: bool = False
    """Whether its creation ended well."""

    def is_of(self, cluster: str, daemon: str) -> bool:
        """Of another Docker's, or another name's, nothing is known here."""
        return (self.cluster, self.daemon) == (cluster, daemon)

    def is_half_made(self, container: str) -> bool:
        """A cut-off creation leaves no id; a container of another id is not what it made."""
        return not self.ready and self.container in ("", container)


def read_record(file: Path) -> Record | None:
    """None where it is lost, or no record: then nothing is deleted by it."""
    with suppress(OSError, ValueError, TypeError):
        return Record(**json.loads(file.read_text()))
    return None


def write_record(file: Path, record: Record) -> None:
    """From one moment to the next: one that is cut off says nothing wrong."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(json.dumps(asdict(record)))
    new.replace(file)
