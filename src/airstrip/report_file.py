"""A file that the user named for an answer: written whole or not at all. A device or a pipe is written to, and what is
ours to write to already, stdout by its name, goes on; neither is ever replaced by a file."""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from airstrip.errors import not_written


def write_report(file: Path, text: str, *, private: bool) -> None:
    """`private`: for its owner's eyes, whoever could read a file that was there. Raises `file.not-written`."""
    try:
        output = _our_output(file)
        if output is not None:
            # Where we write next, after what was said: what is said then follows.
            with os.fdopen(os.dup(output), "w", encoding="utf-8") as stream:
                stream.write(text)
        elif _is_no_file(file):
            # Whoever reads it is there already.
            file.write_text(text, encoding="utf-8")
        else:
            _replace(file.resolve(), text, 0o600 if private else 0o644)
    except OSError as error:
        error.filename = str(file)
        raise not_written(error) from error


def clear_report(file: Path) -> None:
    """Takes an earlier one away, which would speak for a verb that ends early. Raises `file.not-written` where none
    could be written."""
    try:
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if _our_output(file) is None and not _is_no_file(file):
            target = file.resolve()
            target.unlink(missing_ok=True)
            target.open("x").close()
            target.unlink()
    except OSError as error:
        error.filename = str(file)
        raise not_written(error) from error


def _is_no_file(file: Path) -> bool:
    return file.exists() and not file.is_file()


def _our_output(file: Path) -> int | None:
    """/dev/stdout may well be a file, which must stay the one that the answer goes to."""
    for descriptor in (1, 2):
        with suppress(OSError):
            if os.path.samestat(file.stat(), os.fstat(descriptor)):
                return descriptor
    return None


def _replace(file: Path, text: str, mode: int) -> None:
    # Made with mode 0600.
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        temporary.chmod(mode)
        _keep_owner(file, temporary)
        temporary.replace(file)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _keep_owner(file: Path, temporary: Path) -> None:
    """Whose it was, as far as we may: root writes for somebody."""
    with suppress(FileNotFoundError, PermissionError):
        was = file.stat()
        os.chown(temporary, was.st_uid, was.st_gid)
