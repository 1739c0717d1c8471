"""What all tests share: an environment without the developer's own settings, golden files, the one landing."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airstrip.airflow_api import AirflowClient
from airstrip.kube import Cluster
from airstrip.manifests import CLI_SECRET
from airstrip.operations import Session
from airstrip.spec import load_spec
from airstrip.targets.catalog import TARGET_SPECS, make_target
from tests.landing import Landing, default_folder

# A shell in the background starts its programs with Ctrl-C ignored, and theirs would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the golden files instead of comparing")
    parser.addoption("--all", action="store_true", help="the tests marked `slow` too")
    parser.addoption("--screenshots", metavar="FOLDER", help="write what the browser of ui/ sees into this folder")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Slow tests are for --all, for whoever names one, and for pictures, of which none is to be left out."""
    named = config.option.keyword or config.option.markexpr or config.getoption("--screenshots")
    if config.getoption("--all") or named or any("::" in name for name in config.args):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.fixture(autouse=True)
def _own_settings_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRSTRIP_FILE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a golden file; with --update, writes it."""

    def compare(file: Path, text: str) -> None:
        if request.config.getoption("--update"):
            file.write_text(text)
        assert text == file.read_text(), f"{file} differs; look at it, then: scripts/test golden --update"

    return compare


@pytest.fixture(scope="session")
def landing() -> Landing:
    """The landing of cluster/, ui/ and destroy/: made by the first of them that is run, found by the next."""
    landing = Landing(default_folder())
    landing.write()
    landing.ok("up", "--yes")
    return landing


@pytest.fixture(scope="session")
def session(landing: Landing) -> Iterator[Session]:
    spec = load_spec(landing.file, TARGET_SPECS)
    session = Session(spec, make_target(spec))
    yield session
    session.close()


@pytest.fixture(scope="session")
def cluster(session: Session) -> Cluster:
    return session.cluster


@pytest.fixture(scope="module")
def airflow(session: Session) -> Iterator[AirflowClient]:
    """A client of its own for each module: faults before it may have changed the account's password."""
    with session.airflow_as(session.read_secret(CLI_SECRET)) as client:
        yield client
