"""Every error that Airstrip raises, as one tree.

    AirstripError             exit 1: Airstrip could not
    ├── UsageError            exit 2: the command line, or a needed confirmation without a terminal
    ├── SpecError             exit 2: the file; carries every problem that it has
    ├── CommandError          a program that we ran failed; carries its output
    ├── NodeError             the embedded node, its binaries and host packages
    ├── ImageError            building, finding or importing an image
    ├── KubernetesError       the API server refused, or cannot be reached
    ├── AirflowError          Airflow's API refused, or cannot be reached
    ├── CheckError            exit 3: a check has failed, so that what was to follow it was not done
    ├── WaitTimeout           something did not become so in time; carries its last state
    └── LockError             another Airstrip holds the deployment

Each has a code (`area.kebab-name`, shared with the rules of `diagnose`), what failed, the likely
cause and the next thing to do. Texts never hold a secret.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from airstrip.findings import Finding
from airstrip.redaction import Redaction, end_of


class AirstripError(Exception):
    """What failed, why, and what to do next.

    `details` is evidence beneath the message: a tool's own output or the last log lines. `findings` are what
    `doctor` finds wrong with the deployment, where a verb failed on one.
    """

    exit_code = 1

    def __init__(self, code: str, message: str, *, cause: str = "", fix: str = "", details: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.cause = cause
        self.fix = fix
        self.details = details
        self.findings: Sequence[Finding] = ()

    def strike_out(self, strike: Redaction) -> None:
        """Takes secrets out of all that is told of it; the code stays, and of long details the end."""
        self.message, self.cause = strike(self.message), strike(self.cause)
        self.details = strike(end_of(self.details))
        self.fix = strike.values(self.fix)
        strike.strike_error(self)

    def to_dict(self) -> dict[str, Any]:
        """The shape that `--json` prints under `errors`."""
        return {
            "code": self.code,
            "message": self.message,
            "cause": self.cause,
            "fix": self.fix,
            "details": self.details,
        }

    def to_dicts(self) -> list[dict[str, Any]]:
        """One entry for each separate problem; most errors are one problem."""
        return [self.to_dict()]


class UsageError(AirstripError):
    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file: where, what, and what to write instead.

    `line` and `column` count from 1; `path` is the key's path (`airflow.version`); `text` is the
    offending source line, empty where it may hold a secret.
    """

    code: str
    path: str
    message: str
    fix: str
    file: str
    line: int
    column: int
    text: str = ""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "message": self.message,
            "cause": "",
            "fix": self.fix,
            "details": "",
            "path": self.path,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "text": self.text,
        }


class SpecError(AirstripError):
    """Every problem of a file and of the files that it names: file by file, in the order of lines."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        files = list(dict.fromkeys(problem.file for problem in problems))
        self.problems = tuple(
            sorted(problems, key=lambda problem: (files.index(problem.file), problem.line, problem.column))
        )
        counts = Counter(problem.file for problem in problems)
        each = (f"{file}: {counts[file]} problem{'s' if counts[file] != 1 else ''}" for file in files)
        super().__init__("spec.invalid", ", ".join(each))

    def to_dicts(self) -> list[dict[str, Any]]:
        return [problem.to_dict() for problem in self.problems]


class CommandError(AirstripError):
    """`returned` is the program's exit code, None where it did not come to one."""

    returned: int | None = None


class NodeError(AirstripError):
    pass


class ImageError(AirstripError):
    pass


class CheckError(AirstripError):
    exit_code = 3


class KubernetesError(AirstripError):
    """`status` is the API server's HTTP status, None where it was not reached.

    `managers` are those whose fields an apply would have changed.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        cause: str = "",
        fix: str = "",
        details: str = "",
        status: int | None = None,
        managers: tuple[str, ...] = (),
    ) -> None:
        super().__init__(code, message, cause=cause, fix=fix, details=details)
        self.status = status
        self.managers = managers


class AirflowError(AirstripError):
    """`status` is the API's HTTP status, None where it was not reached."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        cause: str = "",
        fix: str = "",
        details: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(code, message, cause=cause, fix=fix, details=details)
        self.status = status


class WaitTimeout(AirstripError):
    pass


class LockError(AirstripError):
    pass


def not_written(error: OSError) -> AirstripError:
    """A file that the user named and the machine refuses."""
    return AirstripError(
        "file.not-written",
        f"{error.filename} cannot be written: {error.strerror}",
        fix="Check the path and whose it is.",
    )
