"""An object as a YAML document for people: keys sorted, text of several lines as it is."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString


def format_document(item: Mapping[str, Any]) -> str:
    """One YAML document, without the `---` before it. The same object gives the same text."""
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 120
    buffer = io.StringIO()
    yaml.dump(_readable(item), buffer)
    return buffer.getvalue()


def _readable(value: Any) -> Any:
    if isinstance(value, Mapping):
        first = [key for key in ("apiVersion", "kind", "metadata") if "kind" in value and key in value]
        keys = [*first, *sorted(key for key in value if key not in first)]
        return {key: _readable(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_readable(entry) for entry in value]
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    return value
