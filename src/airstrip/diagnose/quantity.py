"""Kubernetes' quantities (`500m`, `2Gi`) as numbers that can be compared."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

_BINARY = {unit: 1024**power for power, unit in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)}
_DECIMAL = {unit: 1000**power for power, unit in enumerate(("k", "M", "G", "T", "P", "E"), 1)}
_SMALL = {unit: Decimal(1000) ** -power for power, unit in enumerate(("m", "u", "n"), 1)}


def quantity(text: str) -> Decimal:
    """Raises decimal.InvalidOperation for what is none."""
    for units in (_BINARY, _DECIMAL, _SMALL):
        for unit, factor in units.items():
            if text.endswith(unit):
                return Decimal(text.removesuffix(unit)) * factor
    return Decimal(text)


def quantity_in(text: str) -> Decimal | None:
    """Of what anybody may have written: None for what is none."""
    try:
        found = quantity(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
