"""Writes Airflow's list of options out of its installed packages: run by scripts/airflow-options.

Nothing of Airflow is imported: what it needs is not installed.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
Sections = dict[str, dict[str, dict[str, Any]]]


def find_options(packages: Path) -> Sections:
    """Each section's options with what is said of them: Airflow's own, then those of the providers."""
    core = YAML(typ="safe").load((packages / "airflow/config_templates/config.yml").read_text())
    found: Sections = {section: dict(about["options"]) for section, about in core.items()}
    for file in sorted((packages / "airflow/providers").rglob("get_provider_info.py")):
        for section, about in _provider_info(file).get("config", {}).items():
            for name, option in about["options"].items():
                found.setdefault(section, {}).setdefault(name, option)
    return found


def _provider_info(file: Path) -> dict[str, Any]:
    (returned,) = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Return))
    assert returned.value is not None
    info: dict[str, Any] = ast.literal_eval(returned.value)
    return info


def find_renamed(packages: Path) -> Iterator[tuple[str, str]]:
    """Old and new names, as SECTION.OPTION."""
    tree = ast.parse((packages / "airflow/_shared/configuration/parser.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "deprecated_options" and node.value:
            for new, (section, option, _) in ast.literal_eval(node.value).items():
                yield f"{section}.{option}", ".".join(new)


def build_list(packages: Path, version: str) -> dict[str, Any]:
    options = find_options(packages)
    known = {f"{section}.{name}" for section, names in options.items() for name in names}
    renamed = {old: new for old, new in find_renamed(packages) if old not in known}
    # A name that was changed twice.
    final = {old: renamed.get(new, new) for old, new in renamed.items()}
    return {
        "release": version,
        "sections": {section: sorted(options[section]) for section in sorted(options)},
        "renamed": {old: new for old, new in sorted(final.items()) if new in known},
        "sensitive": sorted(
            f"{section}.{name}"
            for section, names in options.items()
            for name, about in names.items()
            if about.get("sensitive")
        ),
    }


def format_list(found: dict[str, Any]) -> str:
    """JSON with a line for each section: what a new release changes shows in the diff."""
    parts = []
    for key, value in found.items():
        if isinstance(value, dict):
            lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items())
            parts.append(f'"{key}": {{\n{lines}\n}}')
        else:
            parts.append(f'"{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    packages, version = Path(sys.argv[1]), sys.argv[2]
    file = ROOT / "src/airstrip/spec/options" / f"airflow-{version.rpartition('.')[0]}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(format_list(build_list(packages, version)))
    print(file.relative_to(ROOT))


if __name__ == "__main__":
    main()
