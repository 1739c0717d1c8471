"""Deleting parts of a node's state so that half of it never stays.

Half is worse than all: new passwords beside the old database, a list of images without the images. So
what is to go is written down first, and a deletion that was cut off is finished by whoever starts or
stops the node next.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from airstrip.embedded import choice
from airstrip.embedded.archive import replace_file
from airstrip.embedded.config import NodeConfig
from airstrip.embedded.supervisor import lock
from airstrip.errors import NodeError

# The networks go too: the next cluster may choose others, where the host has taken these since.
CLUSTER = ("etcd", "volumes", "data", "kubelet", "pod-logs", choice.FILE)
_NOTE = "deleting.json"


def delete(config: NodeConfig, names: Iterable[str]) -> None:
    """Deletes these files and folders of the state folder; tolerates that they are gone. Raises NodeError.

    Call it, like `finish`, only while the node is ended.
    """
    if not config.state_dir.is_dir():
        return
    with _telling(config):
        replace_file(config.state_dir / _NOTE, json.dumps(sorted(names)).encode())
    finish(config)


def delete_all(config: NodeConfig) -> None:
    """Deletes the state and the run folder. Raises NodeError."""
    if config.state_dir.is_dir():
        delete(config, {path.name for path in config.state_dir.iterdir()} - {lock.FILE})
    with _telling(config):
        for folder in (config.run_dir, config.state_dir):
            _remove(folder)


def finish(config: NodeConfig) -> None:
    """Goes on with a deletion that was cut off; no effect where there is none. Raises NodeError."""
    note = config.state_dir / _NOTE
    if not note.exists():
        return
    with _telling(config):
        for name in json.loads(note.read_text()):
            _remove(config.state_dir / name)
        note.unlink()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _telling(config: NodeConfig) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NodeError(
            "node.not-deleted",
            f"{error.filename or config.state_dir} cannot be deleted",
            cause=f"{error.strerror}. A part of the data may be gone; no node starts on what is left.",
            fix="Mend that, then run the same command again: it goes on from there.",
        ) from error
