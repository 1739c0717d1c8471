"""`airflow.config` and `airflow.env`: names and values, judged where they stand; texts as they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from airstrip.errors import Problem
from airstrip.spec.airflow_options import Wrong, airflow_options
from airstrip.spec.document import Document, at, mappings
from airstrip.spec.fields import is_reference, password_problem
from airstrip.spec.own_settings import OWN_PREFIXES, OWN_VARIABLES
from airstrip.spec.resolved import REQUIRED_EXTRAS
from airstrip.spec.source import KeyPath

_CONFIG: KeyPath = ("airflow", "config")
_ENV: KeyPath = ("airflow", "env")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_VARIABLE = re.compile(r"(^|_)(PASSW(OR)?D|SECRET|TOKEN|API_?KEY|(ACCESS|PRIVATE|SECRET)_KEY)$", re.IGNORECASE)
# Kubernetes keeps a ConfigMap of 1 MiB at most, and the kernel takes 128 KiB for one variable.
_MOST_BYTES = 100_000


@dataclass
class Settings:
    """Texts by section and option, by variable, and by component and variable."""

    config: dict[str, dict[str, str]] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    of_components: dict[str, dict[str, str]] = field(default_factory=dict)


def read_settings(document: Document) -> tuple[Settings, list[Problem]]:
    """The settings and every problem of theirs; what has a wrong shape is reported by the models."""
    settings, problems = Settings(), _Problems(document)
    for section, options in mappings(document.data, _CONFIG):
        if wrong := airflow_options().wrong_section(section, providers=_other_providers(document.data)):
            problems.add((*_CONFIG, section), wrong)
            continue
        for option, path in _scalars(options, (*_CONFIG, section)):
            wrong = airflow_options().wrong_option(section, option)
            settings.config.setdefault(section, {})[option] = problems.text(path, wrong)
    for name, path in _scalars(at(document.data, _ENV), _ENV):
        settings.env[name] = problems.text(path, wrong_variable(name))
    for component, _ in mappings(document.data, ("components",)):
        own: KeyPath = ("components", component, "env")
        for name, path in _scalars(at(document.data, own), own):
            settings.of_components.setdefault(component, {})[name] = problems.text(path, wrong_variable(name))
    if _bytes(settings) > _MOST_BYTES:
        message, fix = "the settings are too long all together", "Put long texts into a file of the image."
        problems.add(("airflow",), ("spec.too-large", message, fix))
    return settings, problems.found


def _bytes(settings: Settings) -> int:
    mappings = (settings.env, *settings.config.values(), *settings.of_components.values())
    return sum(len(part.encode(errors="replace")) for mapping in mappings for pair in mapping.items() for part in pair)


class _Problems:
    """Collects what is wrong, each at its place."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.found: list[Problem] = []

    def add(self, path: KeyPath, wrong: Wrong) -> None:
        """Of the key."""
        self.found.append(self.document.source.problem(wrong[0], path, wrong[1], wrong[2], self.document.key(path)))

    def text(self, path: KeyPath, wrong: Wrong | None) -> str:
        """The value as it was written; what is wrong with its key counts before what is wrong with it."""
        place = self.document.place(path)
        if wrong:
            self.add(path, wrong)
        elif unfit := wrong_value(place.raw):
            self.found.append(self.document.source.problem(unfit[0], path, unfit[1], unfit[2], place.value))
        return place.raw


def _scalars(found: Any, path: KeyPath) -> Iterator[tuple[str, KeyPath]]:
    for key, value in found.items() if isinstance(found, dict) else ():
        if isinstance(value, str | int | float):
            yield key, (*path, key)


def _other_providers(data: Any) -> bool:
    """Whether there may be providers whose options are not in the list."""
    extras = at(data, ("airflow", "extras"))
    others = [extra for extra in extras if extra not in REQUIRED_EXTRAS] if isinstance(extras, list) else []
    return bool(others or at(data, ("image", "ref")) or at(data, ("image", "requirements")))


def wrong_variable(name: str) -> Wrong | None:
    """Why a variable of this name cannot be set, or not with a value that stands in the file."""
    if wrong := wrong_variable_name(name):
        return wrong
    if is_secret_variable(name):
        message = f"{name} is a secret's name, and a secret does not stand in the file"
        return "spec.secret-variable", message, "Remove it: secrets in variables are not built yet."
    return None


def wrong_variable_name(name: str) -> Wrong | None:
    """Why no variable can have this name."""
    if not _VARIABLE.fullmatch(name):
        message = f"{name!r} is not the name of a variable"
        return "spec.bad-variable", message, "Write letters, digits and underscores, with no digit first."
    if name.upper().startswith("AIRFLOW__"):
        section, _, option = name[len("AIRFLOW__") :].lower().partition("__")
        fix = f"Write airflow.config: {{{section}: {{{option}: …}}}}." if option else "Write it under airflow.config."
        return "spec.own-variable", f"{name} is a setting of Airflow", fix
    if name in OWN_VARIABLES or name.startswith(OWN_PREFIXES):
        return (
            "spec.own-variable",
            f"{name} is set by Airstrip, the image or Kubernetes",
            "Remove it, or choose another name.",
        )
    return None


def is_secret_variable(name: str) -> bool:
    """Whether a variable's name says that it holds a secret."""
    return bool(_SECRET_VARIABLE.search(name))


def wrong_value(text: str) -> Wrong | None:
    """Why a text cannot be a value of the file."""
    if is_reference(text):
        message = "a secret reference is known here, but this release does not build it yet"
        return "spec.not-yet", message, "Remove it."
    if problem := password_problem(text):
        return "spec.secret-literal", *problem
    if any(not character.isprintable() and character not in "\n\t" for character in text) or not _is_unicode(text):
        return "spec.bad-value", "the value has a control character", "Remove it."
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
