"""A headless Chromium that sees what a person would. Everything waits for what is to be seen, nothing sleeps."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeVar

import pytest
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.landing import eventually
from tests.ui.traffic import Traffic

_Seen = TypeVar("_Seen")

WIDTH, HEIGHT = 1280, 800
_MARGIN = 16
_SECONDS = 30.0
_ARGUMENTS = (
    "--headless=new",
    # Chromium does not start as root with its sandbox; it opens our own pages only.
    "--no-sandbox",
    # Nothing leaves this machine: no proxy, no updates; no name but localhost, below.
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-breakpad",
    "--hide-scrollbars",
)
# The page draws itself anew while it is looked at.
_NOT_YET = (
    NoSuchElementException,
    StaleElementReferenceException,
    ElementNotInteractableException,
    ElementClickInterceptedException,
)


class Browser:
    """One window on the UI at `url`; `home` is a folder for all that Chromium writes.

    `addresses` are those of other names than localhost; `trusted` is the key of a certificate that no authority of
    this machine's has signed, as SHA-256 of its public part, in base64.
    """

    def __init__(
        self, url: str, home: Path, addresses: Mapping[str, str] | None = None, trusted: str | None = None
    ) -> None:
        self.url = url
        self.traffic = Traffic()
        self._host_changes = 0
        options = webdriver.ChromeOptions()
        options.binary_location = _program("chromium")
        for argument in _ARGUMENTS:
            options.add_argument(argument)
        known = "".join(f"MAP {name} {address}, " for name, address in (addresses or {}).items())
        options.add_argument(f"--host-resolver-rules={known}MAP * ~NOTFOUND, EXCLUDE localhost")
        if trusted is not None:
            options.add_argument(f"--ignore-certificate-errors-spki-list={trusted}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # The driver makes the profile in TMPDIR; in one that we name, Chromium opens a page of its own first.
        # The words and the hours that tests and pictures show are the same everywhere.
        env = {**os.environ, "HOME": str(home), "TMPDIR": str(home), "LANGUAGE": "en", "TZ": "UTC"}
        self._driver = webdriver.Chrome(options, webdriver.ChromeService(_program("chromedriver"), env=env))
        # The window's size would count a frame that is not there.
        size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def close(self) -> None:
        self._driver.quit()

    def open(self, path: str) -> None:
        self._driver.get(f"{self.url}{path}")

    def log_in(self, username: str, password: str) -> None:
        """On the page that asks for it, until the UI is there."""
        self.see("//input[@name='username']").send_keys(username)
        self.see("//input[@name='password']").send_keys(password)
        self.click("//input[@type='submit']")
        self.see("//a[@title='Home' or @aria-label='Home']")

    def see(self, xpath: str, *, seconds: float = _SECONDS) -> WebElement:
        """The first such element, when it can be seen."""

        def visible(driver: webdriver.Chrome) -> WebElement | Literal[False]:
            found: WebElement = driver.find_element(By.XPATH, xpath)
            return found if found.is_displayed() else False

        return self._wait(visible, seconds, f"seen: {xpath}")

    def click(self, xpath: str) -> None:
        def clicked(driver: webdriver.Chrome) -> bool:
            driver.find_element(By.XPATH, xpath).click()
            return True

        self._wait(clicked, _SECONDS, f"clicked: {xpath}")

    def scroll_to(self, xpath: str) -> None:
        """Brings the middle of what is seen there into the middle of what it is scrolled in."""
        self._driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", self.see(xpath))

    @property
    def at(self) -> str:
        """The address of the page."""
        return self._driver.current_url

    def leave(self) -> None:
        """Asks for nothing any more: what is away for a while is nobody's mistake."""
        self._driver.get("about:blank")

    def picture(self, *, down_to: str = "") -> bytes:
        """The page as PNG, when two in a row are the same; down to an element's end, if the XPath of one is given."""
        height = HEIGHT
        if down_to:
            last = self.see(down_to).rect
            height = min(HEIGHT, round(last["y"] + last["height"]) + _MARGIN)
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1}
        seen = b""

        def settled(driver: webdriver.Chrome) -> bytes | Literal[False]:
            nonlocal seen
            taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
            before, seen = seen, base64.b64decode(taken["data"])
            return seen if seen == before else False

        return self._wait(settled, _SECONDS, "standing still")

    def note_traffic(self) -> Traffic:
        """All that happened on the wire and in the console since the start."""
        # type: ignore, because selenium gives this method no types.
        logs = [self._driver.get_log(name) for name in ("performance", "browser")]  # type: ignore[no-untyped-call]
        self.traffic.note(*logs)
        return self.traffic

    def _wait(self, look: Callable[[webdriver.Chrome], _Seen | Literal[False]], seconds: float, what: str) -> _Seen:
        """What `look` returns when it is true. A page that the host's networks cut off is loaded once more."""
        wait = WebDriverWait(self._driver, seconds, poll_frequency=0.2, ignored_exceptions=_NOT_YET)
        try:
            return wait.until(look)
        except TimeoutException:
            assert self._was_cut_off(), (
                f"not within {seconds:.0f} s at {self._driver.current_url}, {what}\n{self._text()}"
            )
        self._driver.refresh()
        return wait.until(look)

    def _was_cut_off(self) -> bool:
        known, self._host_changes = self._host_changes, self.note_traffic().host_changes
        return self._host_changes > known

    def _text(self) -> str:
        return self._driver.find_element(By.TAG_NAME, "body").text


@contextmanager
def opened(
    url: str, home: Path, addresses: Mapping[str, str] | None = None, trusted: str | None = None
) -> Iterator[Browser]:
    """A browser that is closed at the end, with all of its processes."""
    with pytest.MonkeyPatch.context() as environment:
        # Between the test and the browser's driver, too.
        for name in ("no_proxy", "NO_PROXY"):
            environment.setenv(name, "localhost,127.0.0.1")
        browser = Browser(url, home, addresses, trusted)
        try:
            yield browser
        finally:
            browser.close()
    eventually(lambda: not _processes_of(home), seconds=15, what="no process of the browser is left")


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"there is no {name} on PATH; scripts/test ui installs it"
    return found


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
