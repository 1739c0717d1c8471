"""What takes the shared landing away, in the order of the file: nothing may follow these tests."""

from __future__ import annotations

import pytest

from tests.landing import Landing, default_folder


@pytest.fixture(scope="session")
def landing() -> Landing:
    landing = Landing(default_folder())
    landing.write()
    landing.ok("up", "--yes")
    return landing
