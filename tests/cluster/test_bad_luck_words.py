"""The landing on a terminal of 80 columns, without one and without colours."""

from __future__ import annotations

import pytest

from tests.landing import ROOT, Landing
from tests.terminal import COLOR, show


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("up --yes", 0),
        ("status", 0),
        ("status --history", 0),
        ("plan", 0),
        ("node status", 0),
        ("users list", 0),
        ("run no-such-dag", 1),
        ("logs nobody", 2),
    ],
)
def test_nothing_is_wider_than_a_terminal_of_80_columns(landing: Landing, words: str, code: int) -> None:
    argv = [str(ROOT / "airstrip"), *words.split(), "-f", str(landing.file)]
    shown = show(argv, {"NO_COLOR": "1"})
    assert shown.code == code, shown.sent
    assert shown.too_long == []
    assert not COLOR.search(shown.sent)


def test_colours_and_movements_are_for_terminals_only(landing: Landing) -> None:
    argv = [str(ROOT / "airstrip"), "status", "-f", str(landing.file)]
    assert COLOR.search(show(argv, {}).sent)
    done = landing.airstrip("status")
    assert "\x1b" not in done.stdout + done.stderr
