"""YAML's plain values. Dates stay text: no key of the file takes one."""

from __future__ import annotations

TAG_PREFIX = "tag:yaml.org,2002:"

_TRUE = frozenset({"true", "yes", "on", "y"})


def read_scalar(tag: str, text: str) -> str | int | float | bool | None:
    """The value of a scalar as its tag says. Raises ValueError for a tag that is not a plain value's."""
    match tag.removeprefix(TAG_PREFIX):
        case "str" | "timestamp" | "value":
            return text
        case "null":
            return None
        case "bool":
            return text.lower() in _TRUE
        case "int":
            return _integer(text)
        case "float":
            return _float(text)
    raise ValueError(tag)


def _integer(text: str) -> int | str:
    digits = text.replace("_", "")
    try:
        return int(digits, 0 if digits.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else 10)
    except ValueError:
        return text


def _float(text: str) -> float | str:
    number = text.replace("_", "").lower()
    try:
        return float(number.replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
