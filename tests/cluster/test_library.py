"""What docs/library.md shows is run as it stands there, on the shared landing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.landing import Landing
from tests.unit.docs.pages import ROOT, blocks


@pytest.mark.slow
def test_the_example_lands_and_runs(landing: Landing) -> None:
    (example,) = (text for language, text in blocks(ROOT / "docs" / "library.md") if language == "python")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=landing.folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 success\n", "")
