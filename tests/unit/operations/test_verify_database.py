"""What the pod beside the database tells of the Fernet key, by an Airflow that has one and by one that has none."""

from __future__ import annotations

import json
import logging
import runpy
import sys
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from airstrip import operations

PROGRAM = Path(operations.__file__).parent / "templates" / "verify_database.py"
OWN = "airstrip_verify_abcd1234"


class Fernet:
    """As Airflow's: the one of no key gives back what it is given."""

    def __init__(self, key: str) -> None:
        self.is_encrypted = bool(key)
        self._key = key

    def decrypt(self, text: bytes) -> bytes:
        if not text.decode().startswith(self._key):
            raise ValueError("InvalidToken")
        return text


def connection(name: str, password: str, *, is_encrypted: bool) -> Any:
    return SimpleNamespace(
        conn_id=name, _password=password, is_encrypted=is_encrypted, _extra=None, is_extra_encrypted=False
    )


def variable(name: str, text: str, *, is_encrypted: bool) -> Any:
    return SimpleNamespace(key=name, _val=text, is_encrypted=is_encrypted)


@pytest.mark.parametrize(
    ("key", "is_encrypted", "encrypted", "own", "unreadable"),
    [
        ("k1", True, 4, True, []),
        ("k2", True, 4, True, ["connection old", f"connection {OWN}", "variable old", f"variable {OWN}"]),
        ("", False, 2, False, ["connection old", "variable old"]),
    ],
)
def test_a_key_that_is_empty_decrypts_nothing(
    key: str,
    is_encrypted: bool,
    encrypted: int,
    own: bool,
    unreadable: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What was stored long ago is encrypted by k1, and the proof's own as the api-server is now."""
    stored = {
        "Connection": [
            connection("old", "k1-text", is_encrypted=True),
            connection(OWN, "k1-text", is_encrypted=is_encrypted),
        ],
        "Variable": [
            variable("old", "k1-text", is_encrypted=True),
            variable(OWN, "k1-text", is_encrypted=is_encrypted),
        ],
    }
    session = SimpleNamespace(scalars=lambda kind: stored[kind])
    modules: dict[str, dict[str, Any]] = {
        "airflow": {},
        "airflow.models": {},
        "airflow.models.connection": {"Connection": "Connection"},
        "airflow.models.crypto": {"get_fernet": lambda: Fernet(key)},
        "airflow.models.variable": {"Variable": "Variable"},
        "airflow.utils": {},
        "airflow.utils.db": {"check_migrations": lambda _: None},
        "airflow.utils.session": {"create_session": lambda: nullcontext(session)},
        "sqlalchemy": {"select": lambda kind: kind},
    }
    for name, members in modules.items():
        module = ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(logging, "disable", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["-c", OWN])
    runpy.run_path(str(PROGRAM))
    said = json.loads(capsys.readouterr().out)
    assert said == {"unapplied": "", "encrypted": encrypted, "own": own, "unreadable": sorted(unreadable)}
