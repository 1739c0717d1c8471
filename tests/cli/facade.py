"""Stands for the library in the tests of the command line; some start a program with it, dozens of times.

So it imports little: neither pytest nor what the library would.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airstrip.result import AnyResult, Result


@dataclass
class Facade:
    """Stands for Deployment and Node; `answers` are returned, raised or called by the method's name."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    file: Path | None = None
    name: str = "airflow"
    spec: Any = field(default_factory=lambda: SimpleNamespace(name="airflow"))

    def load(self, file: Path | None = None) -> Facade:
        self.file = file
        return self

    def init(self, file: Path | None = None, examples: Sequence[str] = ()) -> AnyResult:
        """The real one: it needs no place."""
        init = import_module("airstrip.operations").init
        return init(file, tuple(examples))  # type: ignore[no-any-return] # a module's attribute

    def examples(self) -> AnyResult:
        """The real ones."""
        return import_module("airstrip.operations").list_examples()  # type: ignore[no-any-return] # as above

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*positional: Any, **named: Any) -> Any:
            self.calls.append((method, positional, named))
            answer = self.answers.get(method, Result(method, {"name": "airflow"}))
            if isinstance(answer, BaseException):
                raise answer
            return answer(*positional, **named) if callable(answer) else answer

        return call
