"""The Secrets that git reads in the pods that clone, made from the file's references."""

from __future__ import annotations

from typing import Any

from airstrip.errors import AirstripError
from airstrip.kube import Cluster
from airstrip.manifests import build_git_secrets, git_references
from airstrip.operations.references import ReadSecret, folder_of, read_reference, read_salt, secret_reader
from airstrip.spec import Spec
from airstrip.spec.fields import is_reference

_WRITTEN = {"credential": "token", "ssh-key": "sshKey", "known-hosts": "knownHosts", "ca": "caCert"}
"""What the file calls the keys of the Secret."""


def check_git_references(spec: Spec) -> None:
    """Raises what is wrong with references that need no cluster: before anything is started or built."""
    _texts(spec, None)


def read_git_secrets(spec: Spec, cluster: Cluster) -> tuple[dict[str, Any], ...]:
    """The Secrets as they are to be; nothing where git needs none. Changes nothing."""
    read_secret = secret_reader(cluster, spec)
    texts = _texts(spec, read_secret)
    return build_git_secrets(spec, texts, read_salt(read_secret)) if texts else ()


def _texts(spec: Spec, read_secret: ReadSecret | None) -> dict[str, str]:
    texts = {}
    for key, text in git_references(spec).items():
        # What `{file: PATH}` was may hold spaces.
        is_named = text.startswith("file:") or is_reference(text)
        try:
            found = read_reference(text, folder_of(spec), read_secret) if is_named else text
            if found is not None:
                _check_token(key, text, found)
                texts[key] = found
        except AirstripError as error:
            message = f"{_place(spec, key)}: {error.message}"
            raise AirstripError(error.code, message, cause=error.cause, fix=error.fix) from None
    return texts


def _check_token(key: str, reference: str, found: str) -> None:
    if key.endswith(".credential") and not found.isprintable():
        raise AirstripError(
            "reference.no-token",
            f"what {reference} names is no token",
            cause="A token is one line of text.",
            fix="Put the token there, and nothing else.",
        )


def _place(spec: Spec, key: str) -> str:
    bundle, _, suffix = key.rpartition(".")
    return f"{spec.file}: dags.git: {_WRITTEN[suffix]} of the bundle {bundle}"
