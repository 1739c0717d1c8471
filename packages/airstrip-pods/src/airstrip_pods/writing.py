"""Files that appear whole or not at all: what is written is seen when the file is closed, and only then."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_LONGEST_NAME = 255


class Destination(Protocol):
    """Where bytes go; one of `commit` and `discard` ends it."""

    def write(self, data: bytes) -> None: ...

    def commit(self) -> None: ...

    def discard(self) -> None: ...


class PathDestination:
    """A path of this machine, or of a mounted NFS: written beside it, brought to the disk, then renamed.

    A process that is killed leaves the hidden file .NAME.RANDOM.part, which nobody takes for the real one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _make_folder(path.parent)
        suffix = f".{secrets.token_hex(4)}.part"
        name = path.name.encode()[: _LONGEST_NAME - len(suffix) - 1].decode(errors="ignore")
        self._part = path.with_name(f".{name}{suffix}")
        self._file = self._part.open("xb")

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def commit(self) -> None:
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._path)
        except BaseException:
            self.discard()
            raise
        _sync_folder(self._path.parent)

    def discard(self) -> None:
        # Closing writes what is still in memory, and a full disk has no room for it.
        with contextlib.suppress(OSError):
            self._file.close()
        self._part.unlink(missing_ok=True)


class ObjectDestination:
    """An object that fsspec uploads: in parts while it grows, completed when its file is closed."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def commit(self) -> None:
        try:
            self._file.close()
        except BaseException:
            # What failed is the upload's end; that it cannot be given up either would only hide the reason.
            with contextlib.suppress(Exception):
                self.discard()
            raise

    def discard(self) -> None:
        try:
            self._file.discard()
        finally:
            # Else it is closed, and so completed, when it is collected.
            self._file.closed = True


class Writer(io.BufferedIOBase):
    """A file to write bytes to. Closing it commits, an exception within `with` discards."""

    def __init__(self, destination: Destination, name: str) -> None:
        self._destination = destination
        self._position = 0
        self._lacks_something = False
        self.name = name

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        if self.closed:
            raise ValueError("write to closed file")
        content = data if isinstance(data, bytes) else memoryview(data).tobytes()
        try:
            self._destination.write(content)
        except BaseException:
            self._lacks_something = True
            raise
        self._position += len(content)
        return len(content)

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        if self.closed:
            return
        # A text file is closed even where the last of its text could not be written.
        if self._lacks_something:
            self.discard()
            raise OSError(f"{self.name} was not written: not all of its content could be.")
        try:
            self._destination.commit()
        finally:
            super().close()

    def discard(self) -> None:
        """Ends it with nothing written."""
        if not self.closed:
            try:
                self._destination.discard()
            finally:
                super().close()

    def __exit__(self, kind: object, *error: object) -> None:
        _end(self, kind)

    def __del__(self) -> None:
        _forget(self)


class TextWriter(io.TextIOWrapper):
    """The same for text."""

    def discard(self) -> None:
        buffer = self.buffer
        assert isinstance(buffer, Writer)
        buffer.discard()

    def __exit__(self, kind: object, *error: object) -> None:
        _end(self, kind)

    def __del__(self) -> None:
        # One that could not be made, for a wrong encoding, has no parts that could be asked.
        with contextlib.suppress(ValueError):
            _forget(self)


def _end(file: Writer | TextWriter, exception: object) -> None:
    if exception is None:
        file.close()
    else:
        file.discard()


def _forget(file: Writer | TextWriter) -> None:
    """Of a file that nobody closed it is not known whether it is whole."""
    if not file.closed:
        file.discard()
        warnings.warn(f"{file.name} was not closed, so it was not written: use `with`.", ResourceWarning, stacklevel=3)


def _make_folder(folder: Path) -> None:
    """New folders are as open as the one above them: images of other users write there too."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            path.chmod(stat.S_IMODE(path.parent.stat().st_mode))


def _sync_folder(folder: Path) -> None:
    """Brings the new name to the disk; not every file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
