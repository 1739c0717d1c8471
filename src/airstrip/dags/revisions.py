"""Revisions of DAG files as they lie in a volume. Also a program, which is sent into a pod and run there.

    revisions/REVISION/   files that never change; the name stands for their names, contents and modes
    state.json            which one is live, and what was live when: replaced as a whole, by one rename
    incoming/             what is on its way in or out; of nobody once no program runs

Whatever moment the program is ended at, the old revision or the new one is live, whole. Standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import stat
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

STATE, REVISIONS, INCOMING = "state.json", "revisions", "incoming"
_LEFT_OUT = frozenset({".git", "__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache"})
_MOST_HISTORY = 200
_AHEAD_SECONDS = 6.0
"""Longer than the DAG processor takes to look for a new revision.

It reads a file again at once only where that is younger than its last reading of it, be it of the revision before.
"""
_DIGITS = 40


class Refused(Exception):
    """What was asked cannot be done as things are."""


def entries(folder: Path) -> Iterator[Path]:
    """Files and links below a folder, in order; not what Python and other tools leave there."""
    for root, folders, files in os.walk(folder):
        for name in sorted(name for name in folders if name not in _LEFT_OUT):
            if Path(root, name).is_symlink():
                yield Path(root, name)
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        yield from (Path(root, name) for name in sorted(files) if name not in _LEFT_OUT and _is_file(Path(root, name)))


def _is_file(path: Path) -> bool:
    """Not a socket or a pipe, which would be waited for."""
    with suppress(OSError):
        mode = path.lstat().st_mode
        return stat.S_ISREG(mode) or stat.S_ISLNK(mode)
    return False


def fingerprints(folder: Path) -> dict[str, str]:
    """What stands for a file, by its path: whether it is a link or a program, and its contents.

    Not of a file that goes meanwhile, such as an editor's own.
    """
    found = {}
    for path in entries(folder):
        with suppress(FileNotFoundError):
            found[str(path.relative_to(folder))] = _fingerprint(path)
    return found


def _fingerprint(path: Path) -> str:
    if path.is_symlink():
        return f"link {os.fsencode(path.readlink()).hex()}"
    with path.open("rb") as file:
        kind = "program" if os.fstat(file.fileno()).st_mode & stat.S_IXUSR else "file"
        return f"{kind} {hashlib.file_digest(file, 'sha256').hexdigest()}"


def content_key(folder: Path) -> str:
    """Stands for the names, contents and modes of all that the folder holds."""
    return _key_of(fingerprints(folder))


def _key_of(marks: Mapping[str, str]) -> str:
    found = hashlib.sha256()
    for name, text in sorted(marks.items()):
        found.update(f"{name}\0{text}\0".encode(errors="surrogateescape"))
    return found.hexdigest()


def revision_of(folder: Path) -> str:
    return revision_by(fingerprints(folder))


def revision_by(marks: Mapping[str, str]) -> str:
    """Of files by what stands for each."""
    return _key_of(marks)[:_DIGITS]


class Revisions:
    """Those of one volume."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def state(self) -> dict[str, Any]:
        """`live`, None before the first one; `history`, oldest first; `kept`, those that are there."""
        folder = self._root / REVISIONS
        kept = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return {**self._read(), "kept": kept}

    def receive(self, revision: str, archive: Any) -> None:
        """Puts the files of an archive beside what is live, which stays. `archive` has `read`."""
        if self._is_whole(revision):
            return
        self._clear()
        folder = Path(tempfile.mkdtemp(dir=self._root / INCOMING))
        with tarfile.open(fileobj=archive, mode="r|gz") as files:
            # Links are kept as they are: whoever sent them has looked where they lead.
            files.extraction_filter = lambda member, _: member
            files.extractall(folder)
        folder.chmod(0o755)
        if revision_of(folder) != revision:
            raise Refused("what arrived is not what was sent")
        for path in (*entries(folder), folder):
            _write_through(path)
        self._take_away(revision)
        folder.rename(self._folder(revision))
        _write_through(self._root / REVISIONS)

    def switch(self, revision: str, record: dict[str, Any]) -> None:
        """Makes a revision the live one; `record` is what its line of the history says."""
        if not self._folder(revision).is_dir():
            raise Refused(f"the revision {revision} is not there")
        if not self._is_whole(revision):
            raise Refused(f"the files of the revision {revision} are not those that were pushed")
        ahead = time.time() + _AHEAD_SECONDS
        for path in entries(self._folder(revision)):
            os.utime(path, (ahead, ahead), follow_symlinks=False)
        history = self._read()["history"]
        number = history[-1]["number"] + 1 if history else 1
        history = [*history, {**record, "number": number, "revision": revision}][-_MOST_HISTORY:]
        fresh = self._root / f"{STATE}.new"
        fresh.write_text(json.dumps({"live": revision, "history": history}, indent=1) + "\n", encoding="utf-8")
        _write_through(fresh)
        fresh.rename(self._root / STATE)
        _write_through(self._root)

    def prune(self, wanted: Collection[str]) -> list[str]:
        """Deletes all others but the live one."""
        state = self.state()
        gone = [name for name in state["kept"] if name not in wanted and name != state["live"]]
        self._clear()
        for name in gone:
            self._take_away(name)
        self._clear()
        return gone

    def fingerprints(self, revision: str) -> dict[str, str]:
        return fingerprints(self._folder(revision))

    def read(self, revision: str, name: str, most: int) -> bytes | None:
        """A file's contents, a link's target; None where it is larger than `most` bytes."""
        path = self._folder(revision) / name
        if path.is_symlink():
            return os.fsencode(path.readlink())
        return path.read_bytes() if path.stat().st_size <= most else None

    def _folder(self, revision: str) -> Path:
        return self._root / REVISIONS / revision

    def _read(self) -> dict[str, Any]:
        with suppress(FileNotFoundError):
            found: dict[str, Any] = json.loads((self._root / STATE).read_text(encoding="utf-8"))
            return found
        return {"live": None, "history": []}

    def _is_whole(self, revision: str) -> bool:
        return self._folder(revision).is_dir() and revision_of(self._folder(revision)) == revision

    def _take_away(self, revision: str) -> None:
        """At once, however long its deletion takes."""
        if self._folder(revision).exists():
            self._folder(revision).rename(Path(tempfile.mkdtemp(dir=self._root / INCOMING)) / revision)

    def _clear(self) -> None:
        shutil.rmtree(self._root / INCOMING, ignore_errors=True)
        for name in (INCOMING, REVISIONS):
            (self._root / name).mkdir(exist_ok=True)


def _write_through(path: Path) -> None:
    """Down to the disk: a power cut leaves what was renamed after it whole."""
    if path.is_symlink():
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class Part:
    """So many bytes of a stream, and no more."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, count: int) -> bytes:
        data = self._stream.read(min(count, self._left))
        self._left -= len(data)
        return data

    def drain(self) -> None:
        """Whoever sends does not listen before all is sent."""
        while self.read(1 << 16):
            pass


def main(options: dict[str, Any], stdin: IO[bytes]) -> None:
    """Does one thing, and says what came of it, in lines of JSON; the last one has `done` or `failed`."""
    archive = Part(stdin, options.get("size", 0))
    try:
        answer = {"done": _do(Revisions(Path(options["root"])), options, archive)}
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error, Refused) as error:
        answer = {"failed": f"{type(error).__name__}: {error}", "errno": getattr(error, "errno", None)}
    with suppress(OSError):
        archive.drain()
    _say(answer)


def _do(volume: Revisions, options: dict[str, Any], archive: Part) -> Any:
    action, revision = options["action"], options.get("revision", "")
    if action == "receive":
        return volume.receive(revision, archive)
    if action == "switch":
        return volume.switch(revision, options["record"])
    if action == "prune":
        return volume.prune(options["wanted"])
    if action == "fingerprints":
        return volume.fingerprints(revision)
    if action == "marks":
        return fingerprints(Path(options["root"]))
    if action == "read":
        for name in options["names"]:
            content = volume.read(revision, name, options["most"])
            _say({"name": name, "content": None if content is None else base64.b64encode(content).decode()})
        return None
    return volume.state()


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), file=sys.stdout, flush=True)
