"""Writes docs/reference.md and docs/errors.md from the source: run by scripts/docs, compared by a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scripts.error_codes import errors_page
from scripts.reference import reference_page

ROOT = Path(__file__).resolve().parents[1]


def build_pages() -> Mapping[Path, str]:
    """The text of each generated page by its file."""
    return {ROOT / "docs" / "reference.md": reference_page(), ROOT / "docs" / "errors.md": errors_page()}


if __name__ == "__main__":
    for file, text in build_pages().items():
        file.write_text(text)
        print(file.relative_to(ROOT))
