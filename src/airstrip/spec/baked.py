"""`dags.image`: DAGs that are a part of Airflow's image."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from airstrip.errors import Problem
from airstrip.spec.document import Document, at
from airstrip.spec.fields import FilePath
from airstrip.spec.source import KeyPath
from airstrip.spec.written import Written

_BAKED: KeyPath = ("dags", "image")


class BakedFile(Written):
    """A folder that becomes the last layer of the image that Airstrip builds; a ready image has its DAGs in it."""

    path: FilePath | None = Field(None, description="A folder, relative to the file. None with a ready image.")


def check_baked(document: Document) -> Iterator[Problem]:
    """Who puts the DAGs into the image: whoever builds it."""
    written = {} if at(document.data, ("dags",)) == "image" else at(document.data, _BAKED)
    if not isinstance(written, dict):
        return
    ready = at(document.data, ("image", "ref")) is not None
    if ready and "path" in written:
        message = "image.ref is a ready image: Airstrip adds nothing to it"
        fix = "Put the DAGs into it at /opt/airflow/dags where you build it, and write `dags: image`; or remove `ref`."
        yield _problem(document, "spec.conflict", (*_BAKED, "path"), message, fix)
    if not ready and "path" not in written:
        message = "path is missing: Airstrip builds the image, and puts a folder of DAGs into it"
        yield _problem(document, "spec.missing-key", _BAKED, message, "Write `dags: {image: {path: dags}}`.")


def _problem(document: Document, code: str, path: KeyPath, message: str, fix: str) -> Problem:
    return document.source.problem(code, path, message, fix, document.key(path))
