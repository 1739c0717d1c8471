"""What secret references name, read when it is needed. No error repeats a value."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from airstrip.errors import AirstripError
from airstrip.kube import Cluster
from airstrip.manifests import KEYS_SECRET
from airstrip.operations.session import decode_secret
from airstrip.spec import Spec

ReadSecret = Callable[[str], Mapping[str, str] | None]
"""A Secret's values by its name, None where there is none."""


def read_reference(reference: str, folder: Path, read_secret: ReadSecret | None = None) -> str | None:
    """The value. A file's path is relative to `folder`, and the end of its last line is no part of the value.

    Without `read_secret` None for what only the cluster knows. Raises AirstripError where there is no value.
    """
    scheme, _, rest = reference.partition(":")
    match scheme:
        case "env":
            return _not_empty(reference, _variable(rest))
        case "file":
            return _not_empty(reference, _file(folder / rest))
        case "k8s":
            return None if read_secret is None else _not_empty(reference, _key(rest, read_secret))
    raise AssertionError(f"{scheme} is refused where it is written")


def secret_reader(cluster: Cluster, spec: Spec) -> ReadSecret:
    """Of the control plane's namespace, where no task reads."""

    def read(name: str) -> Mapping[str, str] | None:
        found = cluster.get("v1", "Secret", name, spec.namespaces.control)
        return None if found is None else decode_secret(found)

    return read


def read_salt(read_secret: ReadSecret) -> str | None:
    """The deployment's keys, for names that are hashes of secrets; None of one that is not there yet."""
    keys = read_secret(KEYS_SECRET)
    return "".join(sorted(keys.values())) if keys else None


def folder_of(spec: Spec) -> Path:
    """What the paths in its file are relative to."""
    return Path() if spec.file is None else spec.file.parent


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise AirstripError(
            "reference.no-variable",
            f"env:{name} names a variable that is not set",
            cause="It is not exported, or sudo did not hand it over.",
            fix=f"Export it; with sudo: sudo --preserve-env={name} ./airstrip …",
        )
    return value


def _file(path: Path) -> str:
    try:
        return path.read_bytes().decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise AirstripError(
            "reference.no-file",
            f"the secret's file {path} cannot be read: {error.strerror}",
            cause="A path in the file is relative to it; one of a command is relative to where it is run.",
            fix="Check the path and whose it is.",
        ) from error
    except UnicodeDecodeError:
        raise AirstripError(
            "reference.no-text",
            f"the secret's file {path} is no UTF-8 text",
            cause="It becomes a variable, or a file that holds text.",
            fix="Encode it, for example with base64.",
        ) from None


def _key(rest: str, read_secret: ReadSecret) -> str:
    name, _, key = rest.partition("/")
    values = read_secret(name)
    if values is None or key not in values:
        what = f"no Secret {name}" if values is None else f"a Secret {name} without {key}"
        raise AirstripError(
            "reference.no-secret",
            f"k8s:{rest} names what is not there",
            cause=f"The control plane's namespace has {what}.",
            fix="Make it, or correct the reference: kubectl get secrets shows those that are there.",
        )
    return values[key]


def _not_empty(reference: str, value: str) -> str:
    if not value:
        raise AirstripError(
            "reference.empty",
            f"{reference} names an empty value",
            cause="A secret that is empty is a mistake most of the time.",
            fix="Give it a value, or remove the secret.",
        )
    return value
