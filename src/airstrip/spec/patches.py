"""`patches`: partial objects of Kubernetes. Here what can be seen without the objects that they are merged into."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from airstrip.errors import Problem
from airstrip.spec.airflow_options import Wrong
from airstrip.spec.document import Document, at
from airstrip.spec.resolved import Patch
from airstrip.spec.settings import is_secret_variable, wrong_value
from airstrip.spec.source import KeyPath
from airstrip.spec.written import Written

Found = tuple[KeyPath, Wrong]

OWN_LABELS = tuple(f"app.kubernetes.io/{name}" for name in ("component", "instance", "managed-by", "name", "version"))
_CHECKSUM = "checksum.airstrip/"
_TEMPLATE: KeyPath = ("spec", "template", "metadata")
_METADATA = ("annotations", "labels", "name", "namespace")
_SELECTOR = "it is how the object's pods are found, and can never change"
_CONTENT = "its name and the pods that read it follow from its contents"
_LABEL = "Airstrip finds its objects by it"
_OWN: Mapping[KeyPath, tuple[str, str]] = {
    ("status",): ("Kubernetes writes it", ""),
    ("spec", "selector"): (_SELECTOR, ""),
    ("spec", "podSelector"): (_SELECTOR, ""),
    ("spec", "serviceName"): (_SELECTOR, ""),
    ("spec", "volumeName"): ("a claim is bound to the volume that the place made for it", ""),
    ("data",): (_CONTENT, "Write airflow.config or airflow.env."),
    ("binaryData",): (_CONTENT, ""),
    ("immutable",): (_CONTENT, ""),
    **{("metadata", "labels", name): (_LABEL, "") for name in OWN_LABELS},
    **{(*_TEMPLATE, "labels", name): (_LABEL, "") for name in OWN_LABELS},
}
"""What a patch must leave alone: why, and what to write instead."""


class PatchMetadata(Written):
    """Which object: of all namespaces, where none is named."""

    model_config = ConfigDict(extra="allow")

    name: str
    namespace: str | None = None


class PatchFile(Written):
    """A partial object, merged into the one of the same apiVersion, kind and name."""

    model_config = ConfigDict(extra="allow")

    api_version: Annotated[str, Field(min_length=1)]
    kind: Annotated[str, Field(min_length=1)]
    metadata: PatchMetadata


def resolve_patches(written: tuple[PatchFile, ...], document: Document) -> tuple[Patch, ...]:
    """With the place of each, for what is wrong with it when the objects are known."""
    marks = [document.place(("patches", index)).value for index in range(len(written))]
    return tuple(
        Patch(
            body=patch.model_dump(by_alias=True, exclude_unset=True),
            path=f"patches[{index}]",
            file=document.source.file,
            line=mark.line,
            column=mark.column,
        )
        for index, (patch, mark) in enumerate(zip(written, marks, strict=True))
    )


def check_patches(document: Document) -> list[Problem]:
    """What Airstrip must own, and secrets; shapes are for the models to report."""
    written = document.data.get("patches") if isinstance(document.data, dict) else None
    found: list[Found] = []
    for index, patch in enumerate(written if isinstance(written, list) else ()):
        if isinstance(patch, dict):
            path: KeyPath = ("patches", index)
            found += [((*path, *inner), wrong) for inner, wrong in (*_owned(patch), *_values(patch, ()))]
    return [_problem(document, path, wrong) for path, wrong in found]


def _problem(document: Document, path: KeyPath, wrong: Wrong) -> Problem:
    secret = wrong[0].startswith("spec.secret-")
    return document.source.problem(wrong[0], path, wrong[1], wrong[2], document.key(path), secret=secret)


def _owned(patch: dict[str, Any]) -> Iterator[Found]:
    if patch.get("kind") == "Secret":
        message = "a Secret is not patched: what is in it does not stand in the file"
        yield ("kind",), ("spec.own-object", message, "Make a Secret of your own in the cluster.")
    if "$patch" in patch:
        message = "Airstrip counts on each of its objects: none is taken away or replaced as a whole"
        yield ("$patch",), ("spec.own-object", message, "Patch what is in it.")
        return
    touched = {inner: why for own, why in _OWN.items() if (inner := _touches(patch, own))}
    if checksum := _checksum(patch):
        touched[checksum] = ("by it the pods roll when a Secret changes", "")
    metadata = patch.get("metadata")
    for key in metadata if isinstance(metadata, dict) else ():
        if key not in _METADATA and key != "$patch":
            touched["metadata", key] = ("Kubernetes and Airstrip write it", "")
    for inner, (why, fix) in touched.items():
        yield inner, ("spec.own-field", f"{'.'.join(map(str, inner))} is not for patches: {why}", fix or "Remove it.")


def _touches(patch: dict[str, Any], own: KeyPath) -> KeyPath | None:
    """Where in a patch something of ours is set, removed, or lost with what is around it."""
    value: Any = patch
    for depth, key in enumerate(own):
        if not isinstance(value, dict):
            return own[:depth]
        if lost := next((name for name in ("$patch", "$retainKeys") if name in value), None):
            return (*own[:depth], lost)
        if key not in value:
            return None
        value = value[key]
    return own


def _checksum(patch: dict[str, Any]) -> KeyPath | None:
    if lost := _touches(patch, (*_TEMPLATE, "annotations", _CHECKSUM)):
        return lost
    names = at(patch, (*_TEMPLATE, "annotations")) or ()
    return next(((*_TEMPLATE, "annotations", name) for name in names if name.startswith(_CHECKSUM)), None)


def _values(value: Any, path: KeyPath) -> Iterator[Found]:
    """Secrets that stand in the patch, and numbers that JSON has not."""
    if isinstance(value, dict):
        named = value.get("name")
        for key, item in value.items():
            hint = str(named) if key == "value" and isinstance(named, str) else str(key)
            if isinstance(item, str) and is_secret_variable(hint):
                message = f"{hint} is a secret's name, and a secret does not stand in the file"
                fix = "Name a Secret of the cluster; and change the secret if it was shared."
                yield (*path, key), ("spec.secret-variable", message, fix)
            else:
                yield from _values(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _values(item, (*path, index))
    elif isinstance(value, str):
        wrong = wrong_value(value)
        if wrong and wrong[0] != "spec.not-yet":
            yield path, wrong
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, ("spec.bad-value", "this is not a number of Kubernetes", "Write a whole number, or text.")
