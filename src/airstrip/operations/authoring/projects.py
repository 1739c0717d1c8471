"""What the pods of each project of the file would have in their environment, for its tasks on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from airstrip.errors import AirstripError
from airstrip.findings import Finding
from airstrip.manifests import project_objects
from airstrip.operations.references import read_reference
from airstrip.spec import Spec
from airstrip_pods.conventions import PROJECT_DATA_URL_VARIABLE as _DATA


@dataclass(frozen=True)
class ProjectValues:
    """Of the ConfigMap, and of the Secret; `missing` says by key why there is no value of a secret here."""

    config: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    missing: Mapping[str, str]

    def to_program(self) -> dict[str, Mapping[str, str]]:
        return {"config": self.config, "secrets": self.secrets}


def project_values(spec: Spec, own: Mapping[str, str]) -> dict[str, ProjectValues]:
    """By project. `own` are the author's variables, which count before a project's: a database for trying, for one."""
    return {name: _values(spec, name, own) for name in spec.projects}


def _values(spec: Spec, name: str, own: Mapping[str, str]) -> ProjectValues:
    folder = Path() if spec.file is None else spec.file.parent
    secrets, missing = {}, {}
    for key, reference in spec.projects[name].secrets.items():
        if key in own:
            continue
        why = f"{reference} is in the cluster only"
        try:
            value = read_reference(reference, folder)
        except AirstripError as error:
            value, why = None, error.message
        if value is not None:
            secrets[key] = value
        elif key not in os.environ:
            missing[key] = why
    # Data is in a folder of this machine, wherever the project's own is.
    here = {key: text for key, text in project_objects(spec, name)[1]["data"].items() if key != _DATA}
    return ProjectValues({key: text for key, text in here.items() if key not in own}, secrets, missing)


def project_findings(asked: Iterable[str], known: Mapping[str, ProjectValues]) -> list[Finding]:
    """Of projects that tasks name: what they have in a cluster, and not here."""
    found = []
    for name in sorted(asked):
        if name not in known:
            found.append(_unknown(name, known))
        else:
            found += [_missing(name, key, why) for key, why in known[name].missing.items()]
    return found


def _unknown(name: str, known: Iterable[str]) -> Finding:
    near = get_close_matches(name, list(known), n=3)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return Finding(
        "dev.unknown-project",
        f"the file declares no project {name}, which tasks ask for",
        f"{hint}What a project has that was added by the command line, only the cluster knows.",
        f"Correct its name, declare it under projects, or write what it has as NAME=VALUE into dev.env: "
        f"./airstrip project show {name}",
    )


def _missing(name: str, key: str, why: str) -> Finding:
    return Finding(
        "dev.no-secret",
        f"tasks of the project {name} ran without {key}",
        f"{why}.",
        f"Write {key}=VALUE into dev.env beside the file, a value for trying it.",
    )
