"""The landing on a terminal of 80 columns, without one and without colours; folders with unusual names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.landing import NAME, ROOT, Landing, eventually
from tests.terminal import COLOR, show

DAGS = Path(__file__).parent / "dags"


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


def test_a_file_and_its_dags_may_lie_in_folders_of_any_name(landing: Landing, tmp_path: Path) -> None:
    folder = tmp_path / "Flugplätze ✈ und mehr"
    dags = folder / "mine 'DAGs' é"
    dags.mkdir(parents=True)
    tmp_path.chmod(0o755)
    shutil.copy(DAGS / "elsewhere.py", dags)
    elsewhere = Landing(folder)
    elsewhere.file.write_text(f'apiVersion: airstrip/v1\nname: {NAME}\ndags: {{path: "{dags.name}"}}\n')
    try:
        elsewhere.ok("up", "--yes")
        eventually(lambda: elsewhere.airstrip("run", "elsewhere").returncode == 0, seconds=60, what="it runs green")
    finally:
        landing.ok("up", "--yes")
