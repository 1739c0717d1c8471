"""Secrets that are not right, or not yet read by who runs; those that lack something: diagnose.missing."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose.airflow.facts import ReaderFact
from airstrip.diagnose.airflow.look import airflow, control_of, secret_subject, signs_of, subject
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import Rule

_JWT = "AIRFLOW__API_AUTH__JWT_SECRET"
_SIGNER, _JUDGE = "scheduler", "api-server"


def _malformed(facts: Facts) -> Iterator[Match]:
    for secret in airflow(facts).secrets:
        if secret.malformed:
            readers = [subject(facts, reader) for reader in secret.readers]
            fields = {"secret": secret.name, "keys": ", ".join(secret.malformed), "namespace": control_of(facts)}
            seen = [f"Secret {secret.name}: {key} is not 32 bytes in URL-safe base64" for key in secret.malformed]
            yield Match(_about(facts, secret.name), fields, "\n".join(seen), readers)


def _two_passwords(facts: Facts) -> Iterator[Match]:
    for secret in airflow(facts).secrets:
        if not secret.keeps_password:
            fields = {"secret": secret.name, "namespace": control_of(facts)}
            seen = f"Secret {secret.name}: the password in sql-alchemy-conn is not the one in password"
            yield Match(_about(facts, secret.name), fields, seen)


def _jwt_differs(facts: Facts) -> Iterator[Match]:
    """Half of those who must agree on it run with an older content, and tokens are refused."""
    readers = [each for each in airflow(facts).readers if _JWT in each.keys]
    signers, judges = ({each.current for each in readers if each.component == name} for name in (_SIGNER, _JUDGE))
    refused = [line for _, _, lines in signs_of(facts, "token") for line in lines]
    refused += [line for sign in airflow(facts).task_signs if sign.sign == "token" for line in sign.lines]
    if signers and judges and signers != judges and refused:
        secret = readers[0].secret
        explains = [f"task/{sign.dag}" for sign in airflow(facts).task_signs]
        yield Match(_about(facts, secret), {"secret": secret}, "\n".join(refused[-5:]), explains)


def _not_rolled(facts: Facts) -> Iterator[Match]:
    late: dict[str, list[ReaderFact]] = {}
    for reader in airflow(facts).readers:
        if not reader.current:
            late.setdefault(reader.secret, []).append(reader)
    for secret, readers in late.items():
        components = ", ".join(dict.fromkeys(reader.component for reader in readers))
        seen = "\n".join(f"{reader.pod}: started before Secret {secret} was changed" for reader in readers)
        yield Match(_about(facts, secret), {"secret": secret, "components": components}, seen)


def _about(facts: Facts, name: str) -> str:
    return secret_subject(facts.deployment.control if facts.deployment else "", name)


def _undecryptable(facts: Facts) -> Iterator[Match]:
    unreadable = airflow(facts).unreadable
    if unreadable:
        said = [*airflow(facts).undecrypted, *(line for _, _, found in signs_of(facts, "fernet") for line in found)]
        things = ", ".join(unreadable[:5])
        yield Match("fernet-key", {"things": things}, "\n".join([f"cannot be read: {things}", *said[-5:]]))


SECRET_RULES: tuple[Rule, ...] = (
    Rule(
        "secret.malformed",
        "{keys} in Secret {secret} is not a key",
        "A Fernet key is 32 bytes in URL-safe base64 (44 characters); it was changed by hand.",
        "Put the old key back: kubectl -n {namespace} edit secret {secret}   (in base64); then run: ./airstrip up. With"
        " another key, stored connections and variables cannot be read.",
        _malformed,
    ),
    Rule(
        "secret.database-url",
        "Secret {secret} names two passwords",
        "Its keys password and sql-alchemy-conn were changed by hand, and not both.",
        "Put the database's own password into both: kubectl -n {namespace} edit secret {secret}   (in base64); then"
        " run: ./airstrip up",
        _two_passwords,
    ),
)
"""Before whatever needs them."""

ROLLED_RULES: tuple[Rule, ...] = (
    Rule(
        "secret.jwt-differs",
        "the scheduler signs tasks' tokens with another key than the api-server knows",
        "Secret {secret} was changed, and one of the two was restarted since, the other was not: tasks are refused.",
        "Roll all who read it: ./airstrip up",
        _jwt_differs,
    ),
    Rule(
        "secret.not-rolled",
        "{components} run with what Secret {secret} held before it was changed",
        "It was changed by hand: pods read it when they start.",
        "Roll all who read it: ./airstrip up",
        _not_rolled,
        frozenset({"secret.missing", "secret.key-missing", "secret.malformed", "secret.database-url"}),
    ),
)

FERNET_RULES: tuple[Rule, ...] = (
    Rule(
        "secret.fernet-key-changed",
        "Airflow cannot decrypt what it stored: {things}",
        "The Fernet key is not the one that they were stored with.",
        "Put the old key back into Secret airflow-keys (fernet-key: NEW,OLD keeps both), then run: ./airstrip up;"
        " where it is lost, enter them again in Airflow, under Admin.",
        _undecryptable,
    ),
)
