"""Which repository of a registry has a blob: what earlier pushes of this cache left there, for others to mount."""

from __future__ import annotations

import json
from pathlib import Path

from airstrip.images.registry.destination import Destination


class HeldBlobs:
    """A file in the cache. What it says may be past: the registry has the last word."""

    def __init__(self, root: Path, destination: Destination) -> None:
        self._file = root / "pushed" / f"{destination.registry.replace(':', '_')}.json"
        self._repository = destination.repository
        try:
            self._known: dict[str, str] = json.loads(self._file.read_bytes())
        except (OSError, ValueError):
            self._known = {}

    def elsewhere(self, digest: str) -> str | None:
        """Another repository that has it."""
        found = self._known.get(digest)
        return found if found != self._repository else None

    def keep(self, digests: list[str]) -> None:
        """That this repository has these."""
        self._known.update(dict.fromkeys(digests, self._repository))
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(self._known))
        new.replace(self._file)
