"""What a DAG author must know: what is wrong, and what to do."""

from __future__ import annotations


class ProjectError(RuntimeError):
    """A project, or a part of it, is not there where it is asked for."""

    def __init__(self, message: str, *, fix: str) -> None:
        super().__init__(f"{message} {fix}")
        self.message = message
        self.fix = fix
