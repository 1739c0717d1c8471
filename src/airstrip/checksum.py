"""What stands for a value where the value itself is not told: in names, and in annotations of pods."""

from __future__ import annotations

import hashlib
import json


def checksum(value: object) -> str:
    """16 hexadecimal digits that stand for a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
