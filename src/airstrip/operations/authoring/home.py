"""Airflow's home on this machine: `.airstrip/NAME/dev` beside the file. It ignores itself in git.

airflow-VERSION.db   SQLite, a copy of the migrated one in the cache (CACHE/dev/airflow-VERSION.db)
keys.json            made once, for this home alone; nobody else reads the folder
airflow.cfg          empty: Airflow would write its whole default file
dags.json            which DAG is in which file, as of the last parse
passwords.json       of the UI that is served from here
served.json          where that is, and the process; counts while that one holds the lock
projects.json        what projects' tasks have in their environment, while it is served
data/, logs/
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from airstrip.errors import AirstripError, UsageError, not_written
from airstrip.spec import Spec


@dataclass(frozen=True)
class Home:
    folder: Path
    version: str

    @property
    def database(self) -> Path:
        return self.folder / f"airflow-{self.version}.db"

    @property
    def config(self) -> Path:
        return self.folder / "airflow.cfg"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def data_url(self) -> str:
        """The path as it is: fsspec, as airstrip_pods, takes %20 for three letters of a name."""
        return f"file://{self.data}"

    @property
    def index(self) -> Path:
        return self.folder / "dags.json"

    @property
    def passwords(self) -> Path:
        return self.folder / "passwords.json"

    @property
    def served(self) -> Path:
        return self.folder / "served.json"

    @property
    def projects(self) -> Path:
        return self.folder / "projects.json"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    def keys(self) -> Mapping[str, str]:
        """Secrets by the variables that Airflow reads them from."""
        return dict(json.loads((self.folder / "keys.json").read_text()))

    def known_dags(self) -> Mapping[str, Mapping[str, Any]]:
        """File and tasks by DAG, as of the last parse; nothing before one."""
        try:
            return dict(json.loads(self.index.read_text()))
        except (OSError, ValueError):
            return {}


def home_of(spec: Spec) -> Home:
    """The place of a deployment's home; whether it is there or not. Without `..`, in which pytest has no cache."""
    beside = Path.cwd() if spec.file is None else spec.file.parent.resolve()
    return Home(beside / ".airstrip" / spec.name / "dev", spec.airflow.version)


def ensure_home(home: Home) -> None:
    """Makes what is missing. Raises UsageError for root in somebody else's folder, AirstripError where it may not."""
    beside = home.folder.parents[2]
    if os.geteuid() == 0 and beside.stat().st_uid != 0:
        raise UsageError(
            "dev.not-yours",
            f"{beside} is another user's, and root leaves no files there",
            fix="Run it as that user: it needs no root.",
        )
    keys = home.folder / "keys.json"
    try:
        home.folder.mkdir(parents=True, exist_ok=True)
        home.folder.chmod(0o700)
        _write_new(beside / ".airstrip" / ".gitignore", "*\n")
        _write_new(home.config, "# Airstrip sets Airflow's options by environment variables.\n")
        _remove_if_cut_off(keys)
        _write_new(keys, json.dumps(_new_keys()))
        home.data.mkdir(exist_ok=True)
    except OSError as error:
        raise not_written(error) from error


def ensure_database(home: Home, migrated: Path) -> None:
    """A copy of the migrated database, where the home has none of this version of Airflow."""
    if home.database.exists():
        return
    with making_database(home.database) as new:
        shutil.copyfile(migrated, new)


@contextmanager
def making_database(file: Path) -> Iterator[Path]:
    """As `made_whole`. Raises AirstripError where it cannot be made."""
    try:
        with made_whole(file) as new:
            yield new
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise AirstripError(
            "dev.no-database",
            f"{file} cannot be written: {reason}",
            cause="A full disk, or a folder that this user may not write.",
            fix="Mend that, then run the same command again.",
        ) from error


@contextmanager
def made_whole(file: Path) -> Iterator[Path]:
    """An empty file of a name of its own, which becomes `file` in the end: whole, and only where there is none by then.

    Of two that make it at once, both go on with that of the first. For its owner alone.
    """
    descriptor, name = mkstemp(prefix=f".{file.name}.", dir=file.parent)
    os.close(descriptor)
    try:
        yield Path(name)
        with suppress(FileExistsError):
            _link(Path(name), file)
    finally:
        Path(name).unlink(missing_ok=True)


def _link(new: Path, file: Path) -> None:
    try:
        os.link(new, file)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links, as some that are shared with a virtual machine.
        new.replace(file)


def _write_new(file: Path, text: str) -> None:
    if not file.exists():
        with made_whole(file) as new:
            new.write_text(text)


def _remove_if_cut_off(keys: Path) -> None:
    """A power cut may have left half of it. One at a time looks and removes, or it would remove another's new one."""
    if not _is_cut_off(keys):
        return
    folder = os.open(keys.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if _is_cut_off(keys):
            keys.unlink()
    finally:
        os.close(folder)


def _is_cut_off(keys: Path) -> bool:
    try:
        return not isinstance(json.loads(keys.read_text()), dict)
    except FileNotFoundError:
        return False
    except ValueError:
        return True


def _new_keys() -> dict[str, str]:
    """Of no use anywhere else. 64 bytes and more for HS512."""
    return {
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
    }
