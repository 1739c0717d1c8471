"""A headless Chromium that sees what a person would. Everything waits for what is to be seen, nothing sleeps."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

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

from tests.ui.traffic import Traffic

_Seen = TypeVar("_Seen")

WIDTH, HEIGHT = 1280, 800
_MARGIN = 16
_SECONDS = 30.0
_ARGUMENTS = (
    "--headless=new",
    # Chromium does not start as root with its sandbox; it opens our own pages only.
    "--no-sandbox",
    # Nothing leaves this machine: no proxy, no name but localhost, no updates.
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
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
    """One window on the UI at `url`; `home` is a folder for all that Chromium writes."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.traffic = Traffic()
        self._host_changes = 0
        options = webdriver.ChromeOptions()
        options.binary_location = _program("chromium")
        for argument in _ARGUMENTS:
            options.add_argument(argument)
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


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"there is no {name} on PATH; scripts/test ui installs it"
    return found
