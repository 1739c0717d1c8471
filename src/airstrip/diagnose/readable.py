"""Namespace by namespace: one that we may not look into takes nothing from the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import Any, TypeVar

from airstrip.diagnose.facts import Facts, ProbeFact
from airstrip.errors import KubernetesError
from airstrip.kube import is_forbidden

_Found = TypeVar("_Found")


def in_each(namespaces: Iterable[str], read: Callable[[str], _Found]) -> tuple[list[_Found], tuple[str, ...]]:
    """What `read` gives of each namespace, and those that are forbidden. Raises where all of them are."""
    found: list[_Found] = []
    refused: dict[str, KubernetesError] = {}
    for namespace in namespaces:
        try:
            found.append(read(namespace))
        except KubernetesError as error:
            if not is_forbidden(error):
                raise
            refused[namespace] = error
    if refused and not found:
        raise next(iter(refused.values()))
    return found, tuple(refused)


def seen_in(namespaces: Iterable[str], read: Callable[[str], Facts]) -> Facts:
    """All that `read` finds, as what one probe gives."""
    found, forbidden = in_each(namespaces, read)
    lists = [each.name for each in fields(Facts) if each.default == ()]
    joined: dict[str, Any] = {name: tuple(item for facts in found for item in getattr(facts, name)) for name in lists}
    return replace(Facts(**joined), probes=all_but(forbidden))


def all_but(forbidden: Iterable[str]) -> tuple[ProbeFact, ...]:
    """How a probe went that saw all but these namespaces; nothing where it saw all."""
    names = tuple(forbidden)
    return (ProbeFact("", "ok", f"forbidden in {', '.join(names)}", forbidden=names),) if names else ()
