"""A run of `smoke` on the shared landing, and a browser that has logged in to look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airstrip.kube import Cluster
from tests.landing import NAME, Landing, eventually
from tests.ui.browser import Browser


@pytest.fixture(scope="session")
def run(landing: Landing, cluster: Cluster) -> dict[str, Any]:
    """What `run smoke` said of the run that it made. Its pods are gone: what is seen of it is what is kept."""
    run = landing.data("run", "smoke")
    eventually(lambda: not cluster.list("v1", "Pod", f"{NAME}-workers"), seconds=60, what="task pods are removed")
    return run


@pytest.fixture(scope="session")
def browser(landing: Landing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    home = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as environment:
        # Between the test and the browser's driver, too.
        for name in ("no_proxy", "NO_PROXY"):
            environment.setenv(name, "localhost,127.0.0.1")
        browser = Browser(landing.data("open")["url"], home)
        try:
            yield browser
        finally:
            browser.close()
    eventually(lambda: not _processes_of(home), seconds=15, what="no process of the browser is left")


@pytest.fixture(scope="session")
def admin(landing: Landing, browser: Browser) -> Browser:
    """The browser, logged in as a person would."""
    password = landing.ok("open", "--password").strip()
    browser.open("/")
    browser.see("//input[@name='username']").send_keys("admin")
    browser.see("//input[@name='password']").send_keys(password)
    browser.click("//input[@type='submit']")
    browser.see("//a[@title='Home' or @aria-label='Home']")
    return browser


@pytest.fixture
def picture(request: pytest.FixtureRequest, admin: Browser) -> Callable[[str], None]:
    """Writes what is seen as NAME.png, where --screenshots names a folder."""

    def take(name: str) -> None:
        folder = request.config.getoption("--screenshots")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            (Path(folder) / f"{name}.png").write_bytes(admin.picture())

    return take


def _processes_of(home: Path) -> list[str]:
    """Command lines that name the browser's own folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if str(home) in line:
            found.append(line)
    return found
