"""The processes of the program that reads DAG files, without Airflow."""

from __future__ import annotations

import importlib.util
import multiprocessing
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from airstrip.dags.parse import PROGRAM

JOB = ({"name": "main", "path": "/dags"}, "/dags/a.py")


@pytest.fixture(scope="module")
def parse_dags() -> ModuleType:
    spec = importlib.util.spec_from_file_location("parse_dags", PROGRAM / "parse_dags.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_a_process_says_as_it_ends_is_heard(parse_dags: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine it writes and ends between two questions: here, after whichever is asked first."""
    go = multiprocessing.get_context("fork").Event()

    def work(job: Any) -> dict[str, Any]:
        go.wait()
        return {"file": job[1]}

    child = parse_dags.Child(JOB, work, time.monotonic() + 60)

    def then_ends(ask: Callable[[], bool]) -> Callable[[], bool]:
        def asked() -> bool:
            answer = ask()
            go.set()
            process.join()
            return answer

        return asked

    process, reader = child._process, child._reader
    monkeypatch.setattr(reader, "poll", then_ends(reader.poll))
    monkeypatch.setattr(process, "is_alive", then_ends(process.is_alive))
    assert child.told(60) == {"file": "/dags/a.py"}
