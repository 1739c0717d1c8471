"""The command line in process, over a facade that records how it was called."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from airstrip.cli.main import run
from airstrip.events import Notice, StepFinished, StepProgress, StepStarted
from airstrip.result import AnyResult, Result
from tests.cli.facade import Facade


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.out)
        return loaded


@pytest.fixture
def facade(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Facade]:
    monkeypatch.chdir(tmp_path)
    stand_in = Facade()
    for module, name in (("airstrip.deployment", "Deployment"), ("airstrip.node", "Node")):
        fake = ModuleType(module)
        setattr(fake, name, stand_in)
        monkeypatch.setitem(sys.modules, module, fake)
    return stand_in


@pytest.fixture
def airstrip(facade: Facade, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs a command line; returns its exit code and both outputs."""

    def call(*arguments: str) -> Outcome:
        code = run(list(arguments))
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


def land(emit: Callable[[Any], None], confirm: object, *, timeout: float, force: bool = False) -> AnyResult:
    """An `up` that says something."""
    emit(Notice("This takes a while"))
    emit(StepStarted("node.start", "Start the node"))
    emit(StepProgress("node.start", "etcd", 0.5))
    emit(StepFinished("node.start", "Start the node", 65.0, "cached"))
    data = {"name": "airflow", "airflow": "3.3.2", "url": "http://127.0.0.1:8080", "username": "admin"}
    return Result("up", {**data, "timeout": timeout})
