"""`open` shows the UI where somebody sits in front of it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import typer

from airstrip.result import Result
from tests.cli.conftest import Outcome
from tests.cli.facade import Facade

Airstrip = Callable[..., Outcome]
URL = "http://localhost:8080"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, facade: Facade) -> list[str]:
    """What a desktop was asked to open; the caller is a person on one."""
    urls: list[str] = []
    facade.answers["open_url"] = Result("open", {"url": URL, "username": "admin", "forwarded": False})
    monkeypatch.setattr(typer, "launch", urls.append)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    return urls


@pytest.fixture
def terminal(airstrip: Airstrip, monkeypatch: pytest.MonkeyPatch) -> Airstrip:
    def call(*arguments: str) -> Outcome:
        # Only now: pytest gives each phase of a test a stdout of its own.
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        return airstrip(*arguments)

    return call


def test_a_person_s_browser_opens_the_url(terminal: Airstrip, opened: list[str]) -> None:
    assert terminal("open").code == 0
    assert opened == [URL]


def test_a_pipe_opens_nothing(airstrip: Airstrip, opened: list[str]) -> None:
    assert airstrip("open").out == f"{URL}\n"
    assert opened == []


@pytest.mark.parametrize("option", ["--json", "--password"])
def test_what_a_script_reads_opens_nothing(terminal: Airstrip, opened: list[str], option: str) -> None:
    assert terminal("open", option).code == 0
    assert opened == []


@pytest.fixture
def forwarded(opened: list[str], facade: Facade, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The UI of a cluster of somebody else's; Ctrl-C comes as soon as it is waited for. What happened, in order."""
    facade.answers["open_url"] = Result("open", {"url": URL, "username": "admin", "forwarded": True})

    @contextmanager
    def forward(_: object) -> Iterator[str]:
        opened.append("forwarded")
        yield URL
        opened.append("never")

    def pause() -> None:
        opened.append("waits")
        raise KeyboardInterrupt

    facade.answers["forwarded_ui"] = forward
    monkeypatch.setattr(signal, "pause", pause)
    return opened


def test_a_port_is_forwarded_until_ctrl_c(terminal: Airstrip, forwarded: list[str]) -> None:
    assert terminal("open").code == 130
    assert forwarded == ["forwarded", URL, "waits"]


def test_what_a_script_reads_forwards_nothing(airstrip: Airstrip, forwarded: list[str]) -> None:
    done = airstrip("open", "--json")
    assert (done.code, forwarded) == (0, [])
    assert '"forwarded": true' in done.out


def test_root_opens_nothing(terminal: Airstrip, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    terminal("open")
    assert opened == []


def test_a_machine_without_a_display_opens_nothing(
    terminal: Airstrip, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.setattr(sys, "platform", "linux")
    terminal("open")
    assert opened == []
