"""Settings that Airflow does not know, and those that it knows by another name."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose.airflow.look import airflow
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import Rule


def _unknown(facts: Facts) -> Iterator[Match]:
    for setting in airflow(facts).settings:
        if not setting.new:
            fields = {"name": setting.name, "component": setting.component}
            seen = f"{setting.component}: {setting.name} ({_option(setting.name)}): no such option"
            yield Match(f"setting/{setting.name}", fields, seen)


def _renamed(facts: Facts) -> Iterator[Match]:
    for setting in airflow(facts).settings:
        if setting.new:
            fields = {"name": setting.name, "component": setting.component, "new": setting.new}
            seen = f"{setting.component}: {setting.name} ({_option(setting.name)}), now {_option(setting.new)}"
            yield Match(f"setting/{setting.name}", fields, seen)


def _option(variable: str) -> str:
    """`[core] parallelism` of AIRFLOW__CORE__PARALLELISM. Not its value, which may be a secret."""
    section, _, option = variable.removeprefix("AIRFLOW__").partition("__")
    return f"[{section.lower()}] {option.lower()}"


SETTING_RULES: tuple[Rule, ...] = (
    Rule(
        "settings.unknown",
        "{component} has a setting that Airflow ignores: {name}",
        "Its section has no such option: it is misspelt, or was taken out of Airflow.",
        "Correct its name or remove it where it was set (the file, or the workload itself), then run: ./airstrip up",
        _unknown,
    ),
    Rule(
        "settings.renamed",
        "{component} has a setting under its old name: {name}",
        "Airflow calls it {new} now; it warns, and will ignore the old name.",
        "Write it as {new} where it was set, then run: ./airstrip up",
        _renamed,
    ),
)
