"""The file's text, and problems that point into it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from airstrip.errors import Problem, SpecError, UsageError

KeyPath = tuple[str | int, ...]

_MAX_BYTES = 1024 * 1024
_MAX_SHOWN = 160
# As YAML 1.2 has it. str.splitlines knows more, such as U+2028, which are ordinary text there.
_LINE_BREAK = re.compile(r"\r\n|\r|\n")

# Where a literal secret may stand although it must not: such lines are never shown. Bounded, because
# a line may be as long as the file.
_SECRET_KEYS = frozenset({"database", "secrets", "env", "config"})
_SECRET_LINE = re.compile(
    r"""://[^/\s]*@|(?i:(database|secrets|env|config|url|(passw|pwd|secret|token|credential|key)[\w-]{0,99})["']?\s*[:=])"""
)


@dataclass(frozen=True)
class Mark:
    """A position that counts from 1."""

    line: int
    column: int


START = Mark(1, 1)


@dataclass(frozen=True)
class Source:
    """A file as it was read: `file` is the name that the user gave it."""

    file: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        lines = _LINE_BREAK.split(self.text)
        return lines if lines[-1] else lines[:-1]

    def problem(self, code: str, path: KeyPath, message: str, fix: str, mark: Mark, *, secret: bool = False) -> Problem:
        """A problem with its line, unless that line may hold a secret."""
        line = self.lines[mark.line - 1].rstrip() if 0 < mark.line <= len(self.lines) else ""
        if secret or _SECRET_KEYS.intersection(path) or _SECRET_LINE.search(line):
            line = ""
        return Problem(code, write_path(path), message, fix, self.file, mark.line, mark.column, line[:_MAX_SHOWN])

    def mark(self, offset: int) -> Mark:
        """The position of a character's offset."""
        before = _LINE_BREAK.split(self.text[:offset])
        return Mark(len(before), len(before[-1]) + 1)


def write_path(path: KeyPath) -> str:
    """`image.requirements[2]`"""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read_source(file: Path) -> Source:
    """Raises UsageError where there is no such file, SpecError where it is not a text."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            "spec.file-not-readable",
            f"{file} cannot be read: {error.strerror}",
            cause="The file is named by -f, by AIRSTRIP_FILE, or by another file.",
            fix="Correct the name; `airstrip init` writes a new airstrip.yaml.",
        ) from error
    if len(content) > _MAX_BYTES:
        message, fix = "the file is larger than 1 MiB", "Name a file that describes a deployment."
        raise SpecError([Source(str(file), "").problem("spec.too-large", (), message, fix, START)])
    try:
        return Source(str(file), content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SpecError([_not_utf8(str(file), content, error.start)]) from error


def _not_utf8(file: str, content: bytes, offset: int) -> Problem:
    readable = Source(file, content[:offset].decode("utf-8", errors="replace"))
    return readable.problem(
        "spec.not-utf8",
        (),
        f"this is not UTF-8 text (byte 0x{content[offset]:02x})",
        "Save the file as UTF-8.",
        readable.mark(len(readable.text)),
        secret=True,
    )
