"""Writes what is generated from the source, in docs and for doctor: run by scripts/docs, compared by a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scripts.error_codes import codes_document, errors_page
from scripts.reference import reference_page
from scripts.rules_page import rules_page

ROOT = Path(__file__).resolve().parents[1]


def build_pages() -> Mapping[Path, str]:
    """The text of each generated page by its file."""
    docs = ROOT / "docs"
    return {
        docs / "reference.md": reference_page(),
        docs / "errors.md": errors_page(),
        docs / "rules.md": rules_page(),
        ROOT / "src" / "airstrip" / "codes.json": codes_document(),
    }


if __name__ == "__main__":
    for file, text in build_pages().items():
        file.write_text(text)
        print(file.relative_to(ROOT))
