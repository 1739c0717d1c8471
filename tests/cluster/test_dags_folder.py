"""Another file and another folder of DAGs, with names as people have them: read after `up`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.landing import NAME, Landing, eventually

DAGS = Path(__file__).parent / "dags"


@pytest.mark.slow
def test_a_file_and_its_dags_may_lie_in_folders_of_any_name(landing: Landing, tmp_path: Path) -> None:
    """It stays landed; whoever comes next lands theirs."""
    folder = tmp_path / "Flugplätze ✈ und mehr"
    dags = folder / "mine 'DAGs' é"
    dags.mkdir(parents=True)
    tmp_path.chmod(0o755)
    shutil.copy(DAGS / "elsewhere.py", dags)
    elsewhere = Landing(folder)
    elsewhere.file.write_text(f'apiVersion: airstrip/v1\nname: {NAME}\ndags: {{path: "{dags.name}"}}\n')
    elsewhere.ok("up", "--yes")
    eventually(lambda: elsewhere.airstrip("run", "elsewhere").returncode == 0, seconds=60, what="it runs green")
