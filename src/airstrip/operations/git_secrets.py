"""The Secrets that git reads in the pods that clone, made from the file's references."""

from __future__ import annotations

from typing import Any

from airstrip.errors import AirstripError
from airstrip.kube import Cluster
from airstrip.manifests import build_git_secrets, git_references
from airstrip.operations.references import ReadSecret, folder_of, read_reference, secret_reader
from airstrip.spec import Spec
from airstrip.spec.fields import is_reference


def check_git_references(spec: Spec) -> None:
    """Raises what is wrong with references that need no cluster: before anything is started or built."""
    _texts(spec, None)


def read_git_secrets(spec: Spec, cluster: Cluster) -> tuple[dict[str, Any], ...]:
    """The Secrets as they are to be; nothing where git needs none. Changes nothing."""
    return build_git_secrets(spec, _texts(spec, secret_reader(cluster, spec)))


def _texts(spec: Spec, read_secret: ReadSecret | None) -> dict[str, str]:
    texts = {}
    for key, text in git_references(spec).items():
        # What `{file: PATH}` was may hold spaces.
        is_named = text.startswith("file:") or is_reference(text)
        found = read_reference(text, folder_of(spec), read_secret) if is_named else text
        if found is None:
            continue
        if key.endswith(".credential") and not found.isprintable():
            raise AirstripError(
                "reference.no-token",
                f"what {text} names is no token",
                cause="A token is one line of text.",
                fix="Put the token there, and nothing else.",
            )
        texts[key] = found
    return texts
