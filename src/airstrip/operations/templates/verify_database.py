"""Whether the database is migrated for this Airflow, and what its Fernet key decrypts; one line of JSON.

Runs in a pod like the migration's, with the name of the variable and the connection that were stored for the proof.
Names of what cannot be read are told, values never.
"""

import json
import logging
import sys

# Before Airflow is imported (E402 below): it logs while it is, and the answer is one line.
logging.disable(logging.CRITICAL)

from airflow.models.connection import Connection  # noqa: E402
from airflow.models.crypto import get_fernet  # noqa: E402
from airflow.models.variable import Variable  # noqa: E402
from airflow.utils.db import check_migrations  # noqa: E402
from airflow.utils.session import create_session  # noqa: E402
from sqlalchemy import select  # noqa: E402


def migrated():
    try:
        check_migrations(1)
    except TimeoutError as error:
        return str(error)
    return ""


def stored(session):
    """(name, encrypted text) of all that the key is for."""
    for connection in session.scalars(select(Connection)):
        if connection._password and connection.is_encrypted:
            yield f"connection {connection.conn_id}", connection._password
        if connection._extra and connection.is_extra_encrypted:
            yield f"connection {connection.conn_id}", connection._extra
    for variable in session.scalars(select(Variable)):
        if variable._val and variable.is_encrypted:
            yield f"variable {variable.key}", variable._val


def is_readable(text):
    """Without a key Airflow has a Fernet that gives back whatever it is given."""
    try:
        get_fernet().decrypt(text.encode())
        return get_fernet().is_encrypted
    except Exception:
        return False


with create_session() as session:
    texts = list(stored(session))
unreadable = sorted({name for name, text in texts if not is_readable(text)})
own = {f"{kind} {sys.argv[1]}" for kind in ("variable", "connection")} <= {name for name, _ in texts}
print(json.dumps({"unapplied": migrated(), "encrypted": len(texts), "own": own, "unreadable": unreadable}))
