"""What the tests see, kept as pictures for the documentation."""

from __future__ import annotations

from pathlib import Path

from tests.ui.browser import Browser


class Album:
    """The folder that --screenshots names, or none: then nothing is written."""

    def __init__(self, browser: Browser, folder: Path | None) -> None:
        self._browser = browser
        self._folder = folder

    def __call__(self, name: str, *, down_to: str = "") -> None:
        """Writes what is seen as NAME.png, down to the end of an element."""
        if self._folder:
            self.keep(name, self._browser.picture(down_to=down_to))

    def keep(self, name: str, png: bytes) -> None:
        """Writes a picture that was made elsewhere."""
        if self._folder:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{name}.png").write_bytes(png)
