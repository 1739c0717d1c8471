"""The URL of a database that is there: read by its reference, judged, and found again where it was landed."""

from __future__ import annotations

import re
from typing import Any

from airstrip.address import DatabaseAddress, ip_of, parse_address
from airstrip.errors import AirstripError, CheckError
from airstrip.kube import Cluster
from airstrip.manifests import API_SERVER, POSTGRESQL_PORT, build_url_secret, find_database
from airstrip.operations.references import ReadSecret, folder_of, read_reference, read_salt, secret_reader
from airstrip.platform import THIS_MACHINE, Platform
from airstrip.spec import Spec

_DRIVER = "postgresql+psycopg2"
_SPELLINGS = ("postgres", "postgresql", _DRIVER)
_SELF = re.compile(r"(ip6-)?localhost(\.localdomain)?|127(\.\d+){0,3}|0")
"""Names and short forms; addresses are judged as such."""
_VARIABLE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


def check_database_url(spec: Spec, platform: Platform) -> None:
    """Raises what is wrong with it, as far as no cluster is needed: before anything is started or built."""
    if url := _url(spec, None):
        find_database(spec, platform, build_url_secret(spec, url))


def check_planned_url(spec: Spec, platform: Platform) -> bool:
    """The same for `plan`; False where whoever asks lacks what `up` will have: a variable of root's, a file."""
    try:
        check_database_url(spec, platform)
    except AirstripError as error:
        if not error.code.startswith("reference."):
            raise
        return False
    return True


def planned_url_secret(spec: Spec, cluster: Cluster) -> dict[str, Any] | None:
    """As it is to be; where that cannot be read here, the one that runs."""
    try:
        return read_url_secret(spec, cluster)
    except AirstripError as error:
        if not error.code.startswith("reference."):
            raise
        return running_url_secret(spec, cluster)


def read_url_secret(spec: Spec, cluster: Cluster) -> dict[str, Any] | None:
    """The Secret as it is to be; None where the database is ours. Changes nothing."""
    read_secret = secret_reader(cluster, spec)
    url = _url(spec, read_secret)
    return build_url_secret(spec, url, read_salt(read_secret)) if url else None


def running_url_secret(spec: Spec, cluster: Cluster) -> dict[str, Any] | None:
    """The Secret that Airflow runs with, whatever the reference names by now; None where the database is ours."""
    if not spec.database.url:
        return None
    server = cluster.get("apps/v1", "Deployment", API_SERVER, spec.namespaces.control)
    container = server["spec"]["template"]["spec"]["containers"][0] if server else {}
    named = [
        each["valueFrom"]["secretKeyRef"]["name"] for each in container.get("env", ()) if each["name"] == _VARIABLE
    ]
    return cluster.get("v1", "Secret", named[0], spec.namespaces.control) if named else None


def _url(spec: Spec, read_secret: ReadSecret | None) -> str:
    """As Airflow takes it; empty where there is none, or where only the cluster knows it."""
    if not (reference := spec.database.url):
        return ""
    try:
        written = read_reference(reference, folder_of(spec), read_secret)
    except AirstripError as error:
        message = f"{spec.file}: database.url: {error.message}"
        raise AirstripError(error.code, message, cause=error.cause, fix=error.fix) from None
    return "" if written is None else _judged(f"{spec.file}: database.url: what {reference} names", written.strip())


def _judged(what: str, url: str) -> str:
    """In SQLAlchemy's spelling. Raises CheckError; no message repeats any of it."""
    found = parse_address(url, POSTGRESQL_PORT)
    if found is None or found.driver not in _SPELLINGS or not url.isprintable():
        raise CheckError(
            "database.bad-url",
            f"{what} is no address of a PostgreSQL database",
            cause="Airflow's image has the drivers of PostgreSQL, and no others.",
            fix="Write postgresql://USER:PASSWORD@HOST:5432/NAME there; of the password, percent-encode what is not a "
            "letter or a digit.",
        )
    if found.options:
        raise CheckError(
            "database.url-options",
            f"{what} has options after a ?",
            cause="Airflow makes a second URL of it, for asyncpg, which refuses options of psycopg2 such as sslmode.",
            fix="Remove them; for TLS, write airflow: {env: {PGSSLMODE: require}}, which both drivers read.",
        )
    _require_reachable(what, found)
    return f"{_DRIVER}://{url.partition('://')[2]}"


def _require_reachable(what: str, found: DatabaseAddress) -> None:
    host = found.host.lower().rstrip(".")
    address = ip_of(host)
    if _SELF.fullmatch(host) or (address and (address.is_loopback or address.is_unspecified)):
        raise CheckError(
            "database.localhost",
            f"{what} is on {found.host}, which in a pod is the pod itself",
            cause="Every pod has a loopback address of its own.",
            fix=f"Write {THIS_MACHINE} for this machine, where the cluster runs on it; or the server's name.",
        )
    if host == THIS_MACHINE != found.host:
        raise CheckError(
            "database.bad-url",
            f"{what} spells {THIS_MACHINE} otherwise",
            cause="Pods know this machine by that name, letter by letter.",
            fix=f"Write {THIS_MACHINE}.",
        )
