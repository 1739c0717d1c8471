"""One lock for each set of Python packages that is asked for: the image and this machine's environment share it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from airstrip.images.request import AirflowImageRequest
from airstrip.images.requirements import PYTHON, are_answer, resolve_requirements, shipped_locks
from airstrip.images.store import ImageStore

_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?=(\[[^]]*\])?( @ |==))")


def requirements_key(request: AirflowImageRequest) -> str:
    """A hash of what decides the Python packages; Debian's do not."""
    inputs = {
        "python": PYTHON,
        "version": request.version,
        "extras": request.extras,
        "requirements": request.requirements,
        "locks": [hashlib.sha256(lock.read_bytes()).hexdigest() for lock in shipped_locks(request)],
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:32]


def known_lock(request: AirflowImageRequest, store: ImageStore) -> Path | None:
    """The lock that ships, or that somebody put together before; asks nobody."""
    shipped = shipped_locks(request)
    if len(shipped) == 1 and are_answer(shipped, request):
        return shipped[0]
    kept = store.lock(requirements_key(request))
    return kept if kept.is_file() else None


def locked_packages(request: AirflowImageRequest, store: ImageStore) -> frozenset[str] | None:
    """Names in the known lock, in small letters with hyphens; None where there is none. Asks nobody."""
    shipped, known = shipped_locks(request), known_lock(request, store)
    locks = shipped if are_answer(shipped, request) else (known,) if known else ()
    if not locks:
        return None
    names = (_PACKAGE.match(line) for lock in locks for line in lock.read_text().splitlines())
    return frozenset(re.sub(r"[-_.]+", "-", name[0]).lower() for name in names if name)


def ensure_lock(
    request: AirflowImageRequest, store: ImageStore, uv: Path, work: Path, *, refresh: bool = False
) -> Path:
    """The known lock; else, and with `refresh`, what the package index has today. Raises ImageError."""
    known = known_lock(request, store)
    if known is not None and not refresh:
        return known
    return store.keep_lock(requirements_key(request), resolve_requirements(request, uv, store.uv_cache, work))
