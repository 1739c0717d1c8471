"""Settings that Airflow does not know, by the names of its variables: their values are not looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airstrip.diagnose.airflow.facts import SettingFact
from airstrip.spec.airflow_options import AirflowOptions

_VARIABLE = re.compile(r"AIRFLOW__(?P<section>[A-Z0-9_]+?)__(?P<option>[A-Z0-9_]+)")
_INDIRECT = re.compile(r"_(cmd|secret)$")


def variables_of(item: Mapping[str, Any], maps: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """A workload's plain variables; `maps` are ConfigMaps' data by name. Values out of Secrets are empty."""
    container = item["spec"]["template"]["spec"]["containers"][0]
    found: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        found |= maps.get((source.get("configMapRef") or {}).get("name", ""), {})
    return found | {entry["name"]: entry.get("value", "") for entry in container.get("env") or []}


def unknown_settings(component: str, names: Iterable[str], options: AirflowOptions) -> Iterator[SettingFact]:
    """Only names that are certainly not known: a section that no list has may be a provider's."""
    for name in sorted(names):
        match = _VARIABLE.fullmatch(name)
        if match is None:
            continue
        section, written = match["section"].lower(), match["option"].lower()
        # An option's name may itself end like the indirect ones: jwt_secret.
        possible = (written, _INDIRECT.sub("", written))
        renamed = next((new for each in possible if (new := options.renamed.get(f"{section}.{each}"))), "")
        if renamed or not set(possible) & set(options.sections.get(section, possible)):
            yield SettingFact(component, name, _variable(renamed) if renamed else "")


def _variable(option: str) -> str:
    section, _, name = option.rpartition(".")
    return f"AIRFLOW__{section.upper()}__{name.upper()}"
