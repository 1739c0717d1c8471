"""Airflow's own list of options (options/*.json, made by scripts/airflow-options), and what is wrong with a name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files

from airstrip.spec.fields import AIRFLOW_SERIES, did_you_mean
from airstrip.spec.own_settings import GENERATED_SECRETS, OWN_OPTIONS

Wrong = tuple[str, str, str]
"""Code, message and fix."""

_NAME = re.compile(r"[a-z][a-z0-9_.]*")
_SECRET_OPTION = re.compile(
    r"passw(or)?d|secret|(^|_)token$|api_?key|(access|private|secret|fernet)_key$|sql_alchemy_conn"
    r"|^broker_url$|^result_backend$|basic_auth$"
)
# Nearer than for other words: a section that is not in the list may be a provider's.
_NEAR = 0.75


@dataclass(frozen=True)
class AirflowOptions:
    """Sections with their options; `renamed` and `sensitive` name an option as SECTION.OPTION."""

    sections: dict[str, tuple[str, ...]]
    renamed: dict[str, str]
    sensitive: frozenset[str]

    def wrong_section(self, section: str, *, providers: bool) -> Wrong | None:
        """None for a section of the list; with `providers`, for one that another provider may bring too."""
        if section in self.sections or any(old.startswith(f"{section}.") for old in self.renamed):
            return None
        near = get_close_matches(section.lower(), list(self.sections), 1, _NEAR)
        if providers and not near and _NAME.fullmatch(section):
            return None
        message = f"Airflow {AIRFLOW_SERIES} has no section {section}"
        if near:
            return "spec.unknown-section", message, f"Did you mean `{near[0]}`?"
        fix = "Correct it, or name the provider that brings it under airflow.extras; then it is taken without a check."
        return "spec.unknown-section", f"{message}, nor have the providers that are always installed", fix

    def wrong_option(self, section: str, option: str) -> Wrong | None:
        """What is wrong with an option of a section that is not wrong itself."""
        name = f"{section}.{option}"
        new = self.renamed.get(name, name)
        # In the order of what helps most: a new name that is refused as well is no advice.
        if wrong := self._refused(new):
            return wrong
        if new != name:
            return "spec.renamed-option", f"{name} is called {new} now", f"Write it as {new}."
        if section not in self.sections and section in {old.partition(".")[0] for old in self.renamed}:
            return "spec.unknown-option", f"Airflow {AIRFLOW_SERIES} has no option {name}", "Remove it."
        if option in self.sections.get(section, ()):
            return None
        if section not in self.sections and _NAME.fullmatch(option):
            return None
        return "spec.unknown-option", f"Airflow {AIRFLOW_SERIES} has no option {name}", self._known(section, option)

    def _refused(self, name: str) -> Wrong | None:
        if name in OWN_OPTIONS:
            reason, instead = OWN_OPTIONS[name]
            fix = f"Remove it. {instead}" if instead else "Remove it."
            return "spec.own-option", f"{name} is Airstrip's own: {reason}", fix
        plain = re.sub(r"_(cmd|secret)$", "", name)
        if GENERATED_SECRETS & {name, plain}:
            return "spec.own-option", f"{name} is a secret that Airstrip makes itself", "Remove it."
        section, _, option = name.rpartition(".")
        listed = option in self.sections.get(section, ())
        if {name, plain} & self.sensitive or (not listed and _SECRET_OPTION.search(option)):
            message = f"{name} may hold a secret, and a secret does not stand in the file"
            return "spec.secret-option", message, "Remove it: secrets in settings are not built yet."
        return None

    def _known(self, section: str, option: str) -> str:
        near = did_you_mean(option, self.sections.get(section, ())).strip()
        elsewhere = [f"`{other}.{option}`" for other, options in self.sections.items() if option in options]
        found = f"Did you mean {' or '.join(elsewhere)}?" if elsewhere else near
        return found or f"Airflow's configuration reference lists the options of {section}."


@lru_cache
def airflow_options() -> AirflowOptions:
    """The list of the series that this Airstrip lands."""
    file = files("airstrip.spec") / "options" / f"airflow-{AIRFLOW_SERIES}.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    sections = {section: tuple(options) for section, options in found["sections"].items()}
    return AirflowOptions(sections, found["renamed"], frozenset(found["sensitive"]))
