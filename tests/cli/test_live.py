"""What a terminal shows, drawn on one of 80 columns."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from airstrip.cli.live import LiveVoice
from airstrip.events import LogLine, StepFailed, StepFinished, StepProgress, StepStarted, Warned


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Draws on a terminal; returns what it was sent. `stdout` may be something else than that terminal."""

    def on(stdout: io.StringIO) -> str:
        screen = Terminal()
        # Here and not when the fixture is made: pytest sets both again before the test.
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setattr(sys, "stdout", stdout)
        tell(LiveVoice())
        return screen.getvalue()

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    return on


def tell(voice: LiveVoice) -> None:
    with voice:
        voice(StepStarted("a", "Start the node"))
        voice(StepProgress("a", "a very long message " * 10, 1.0))
        voice(LogLine("hello", "[markup] is text"))
        voice(Warned("x.y", "careful", "Look."))
        voice(StepFinished("a", "Start the node", 4.2, "cached"))
        voice(StepStarted("b", "Wait"))
        voice(StepFailed("b", "Wait", 61.0))


def test_finished_steps_stay_on_the_screen(draw: Callable[..., str]) -> None:
    shown = draw(Terminal())
    for words in ("Start the node", "4.2 s  cached", "1 min 01 s", "[markup] is text", "careful", "✓", "✗"):
        assert words in shown


def test_no_color_means_none(draw: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[32m" in draw(Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in draw(Terminal())


def test_logs_go_to_the_file_that_stdout_is(draw: Callable[..., str]) -> None:
    file = io.StringIO()
    assert "[markup] is text" not in draw(file)
    assert file.getvalue() == "hello | [markup] is text\n"
