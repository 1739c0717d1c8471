"""What a running node says of itself in its run folder: readable by everyone, secret-free."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .identity import Process


@dataclass(frozen=True)
class Record:
    """`port` is the loopback port that reaches the node; `digest` that of the plan it runs."""

    keeper: Process
    inner: Process
    digest: str
    port: int
    started_at: float


@dataclass(frozen=True)
class Failure:
    """Why the keeper gave up before the node ran."""

    code: str
    message: str


def write_record(run_dir: Path, record: Record) -> None:
    _write(run_dir / "node.json", asdict(record))


def read_record(run_dir: Path) -> Record | None:
    """None where no node was started, or where the record is of no use."""
    document = _read(run_dir / "node.json")
    try:
        keeper, inner = Process(**document.pop("keeper")), Process(**document.pop("inner"))
        return Record(keeper=keeper, inner=inner, **document)
    except (KeyError, TypeError, AttributeError):
        return None


def write_failure(run_dir: Path, failure: Failure) -> None:
    _write(run_dir / "failure.json", asdict(failure))


def read_failure(run_dir: Path) -> Failure | None:
    document = _read(run_dir / "failure.json")
    return Failure(**document) if document else None


def write_states(run_dir: Path, states: dict[str, Any]) -> None:
    _write(run_dir / "components.json", states)


def read_states(run_dir: Path) -> dict[str, Any]:
    """By component: `state` (waiting, starting, ready, done, failing), `pid`, `restarts`, `exit`."""
    return _read(run_dir / "components.json")


def clear_states(run_dir: Path) -> None:
    """For a first process that is gone: what it wrote holds no longer."""
    (run_dir / "components.json").unlink(missing_ok=True)


def clear(run_dir: Path) -> None:
    for name in ("node.json", "failure.json", "components.json"):
        (run_dir / name).unlink(missing_ok=True)


def _write(path: Path, document: dict[str, Any]) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(document, indent=1))
    temporary.chmod(0o644)
    temporary.replace(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
