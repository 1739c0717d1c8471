"""The files that a kubeconfig is read from: one that is named, or those that kubectl would merge."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from airstrip.errors import KubernetesError

WRITE_ANEW = "Write it anew; that of Airstrip's own node is written by: ./airstrip up"
_SECTIONS = {"contexts": "context", "clusters": "cluster", "users": "user"}


@dataclass(frozen=True)
class Entry:
    """What one name stands for, and the file that says so: relative paths count from its folder."""

    file: Path
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Kubeconfig:
    """`name` is for errors: the file, or all of them. `sections` are entries by section and name."""

    name: str
    current: str | None
    sections: Mapping[str, Mapping[str, Entry]]

    def entry(self, section: str, name: str) -> Entry:
        entries = self.sections[section]
        if name not in entries:
            known = ", ".join(sorted(str(entry) for entry in entries)) or "none"
            raise unusable(self.name, f"it has no {_SECTIONS[section]} {name}", f"Its {section} are: {known}.")
        return entries[name]


def read_kubeconfig(file: Path | None) -> Kubeconfig:
    """`file`, or without one what kubectl reads: the files of KUBECONFIG as one, else its own.

    Of two with the same name the first counts. Files of KUBECONFIG that are not there are left out, unless none is.
    https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
    """
    files = _own_files() if file is None else (file,)
    there = [each for each in files if each.exists()] or files[:1]
    documents = [(each, _read(each, is_alone=len(there) == 1)) for each in there]
    sections: dict[str, dict[str, Entry]] = {section: {} for section in _SECTIONS}
    for each, document in documents:
        for section, key in _SECTIONS.items():
            for item in document.get(section) or []:
                sections[section].setdefault(item.get("name"), Entry(each, item.get(key) or {}))
    current = next((document["current-context"] for _, document in documents if document.get("current-context")), None)
    return Kubeconfig(os.pathsep.join(map(str, there)), current, sections)


def _own_files() -> Sequence[Path]:
    named = [Path(part) for part in os.environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    return tuple(dict.fromkeys(named)) or (Path.home() / ".kube" / "config",)


def _read(file: Path, *, is_alone: bool) -> dict[str, Any]:
    try:
        text = file.read_text()
    except OSError as error:
        raise KubernetesError(
            "kubernetes.kubeconfig-missing",
            f"{file} cannot be read: {error.strerror}",
            fix="Name a kubeconfig that is there and yours.",
        ) from error
    try:
        document = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        # The parser's own text quotes the file, which holds credentials.
        raise unusable(file, "it is not YAML", WRITE_ANEW) from error
    if document is None and not is_alone:
        return {}
    if not isinstance(document, dict):
        raise unusable(file, "it is empty", WRITE_ANEW)
    return document


def unusable(name: str | Path, cause: str, fix: str) -> KubernetesError:
    return KubernetesError(
        "kubernetes.kubeconfig-invalid", f"{name} cannot be used: {cause}", cause=f"{cause}.", fix=fix
    )
