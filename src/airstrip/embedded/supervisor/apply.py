"""Applies the node's own objects (DNS Service, StorageClass, roles) once the API server is up."""

from __future__ import annotations

import json
import time
from pathlib import Path

from .api import Api, ApiError, Object

MANAGER = "airstrip-node"
_TRIES = 40


def main(url: str, ca: str, certificate: str, key: str, objects_path: str) -> int:
    """`objects_path` is a JSON list of {"path": API path of the object, "object": the object}."""
    api = Api(url, ca, certificate, key)
    for entry in json.loads(Path(objects_path).read_text()):
        _apply(api, entry["path"], entry["object"])
    return 0


def _apply(api: Api, path: str, body: Object) -> None:
    """Tries again while the API server still makes its own namespaces."""
    for attempt in range(_TRIES):
        try:
            api.apply(path, body, MANAGER)
            return
        except ApiError as error:
            if error.status not in (403, 404, 429, 500, 503) or attempt == _TRIES - 1:
                raise
            time.sleep(0.1)
