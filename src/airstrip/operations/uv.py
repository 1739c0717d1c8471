"""The uv that resolves and installs Python packages."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from airstrip.errors import ImageError


def find_uv() -> Path:
    """The uv that the launcher found, else the one on PATH."""
    found = os.environ.get("AIRSTRIP_UV") or shutil.which("uv")
    if not found:
        raise ImageError(
            "image.no-uv",
            "uv is not here, and the image's packages are installed with it",
            fix="Start Airstrip by its launcher ./airstrip, or install uv: pip install uv",
        )
    return Path(found)
