"""Strikes out what may be a secret in text that people pass on: log lines, events, messages, errors.

By its form, whoever wrote it; and by its value, where the secrets are known. It would rather strike too much: a
line that tells one word less still explains itself.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urlsplit

STRUCK = "***"

_PASSWORD = r"(?:passw(?:or)?d|passphrase|pwd|sql[_-]?alchemy[_-]?conn|result[_-]?backend|broker[_-]?url)"
_TOKEN = (
    r"(?:secret|token|credential|(?:api|access|private|fernet|signing|account|encryption)[_-]?key)"
    r"(?:s|[_-]?(?:key|value|hash|data|text|string))?"
)
_SETTING = (
    r"AIRFLOW__\w{0,80}(?:SECRET|KEY|PASSW|TOKEN|CONN|BACKEND|BROKER|CREDENTIAL)\w{0,80}|AIRFLOW_(?:CONN|VAR)_\w{1,200}"
)
_SECRET_NAME = rf"\w{{0,80}}(?:{_SETTING}|(?i:{_PASSWORD}|{_TOKEN}))\w{{0,80}}"
_QUOTE = r"(?:\\{0,4}[\"'])?"
_END = rf"(?:[_-][A-Za-z0-9]{{1,40}}){{0,6}}{_QUOTE}[ \t]*"
"""Of a name, and the quote that may end it."""
_QUOTED = r"\\{1,4}[\"'][\s\S]{0,4000}?\\{1,4}[\"']|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_VALUE = rf"(?:{_QUOTED}|(?!(?:None|null|true|false)\b)[^\s\"',;&)}}\]]+)"
_PROSE = r"(?![A-Za-z]+[ \t:,.]+\S|\d{3}\b)"
"""`token: Signature has expired`: no secret, and what is wrong."""

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", STRUCK),
        # A line of such a block on its own: base64 of 64 characters, which no digest is.
        (r"(?<![\w+/=-])(?![0-9a-f]{64})[A-Za-z0-9+/]{64}(?![\w+/=-])", STRUCK),
        (r"eyJ[\w-]{8,500}\.[\w-]{8,6000}\.[\w-]{8,1000}", STRUCK),
        # Up to the last @: a password may hold one, and a slash. A port with a path is none.
        (r"(?<=://)[^\s/@:\"'<>]{0,200}:(?!\d{1,5}/)[^\s\"'<>]{0,500}(?=@)", STRUCK),
        # A header's scheme is no secret.
        (rf"(?i)(authorization{_QUOTE}[ \t]*[:=][ \t]*{_QUOTE})(\w+[ \t]+)?[^\s\\\"',;}}\]]+", rf"\1\2{STRUCK}"),
        (r"(?i)\b(bearer[ \t]+)(?=[^\s\"',]{0,200}[\d._~+/=-])[\w.~+/=-]{8,}", rf"\1{STRUCK}"),
        # 32 bytes in base64 for URLs, as a Fernet key.
        (r"(?<![\w+/=-])[\w-]{43}=(?![\w=])", STRUCK),
        (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}", STRUCK),
        (r"\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{35}\b|\bhvs\.[\w-]{20,}", STRUCK),
        # Settings, connections and variables of Airflow.
        (rf"\b((?:{_SETTING}){_QUOTE}[ \t]*[=:][ \t]*)(?:\{{.{{0,4000}}\}}|{_QUOTED}|\S+)", rf"\1{STRUCK}"),
        # As Kubernetes writes a container's environment.
        (
            rf"((?i:name)[\"']?:[ \t]*[\"']?{_SECRET_NAME}[\"']?[,\s]{{1,20}}[\"']?value[\"']?:[ \t]*){_VALUE}",
            rf"\1{STRUCK}",
        ),
        (rf"(?i)({_PASSWORD}{_END}(?::=|=>|[=:])[ \t]*){_VALUE}", rf"\1{STRUCK}"),
        (rf"(?i)({_TOKEN}{_END}(?::=|=>|=)[ \t]*){_VALUE}", rf"\1{STRUCK}"),
        (rf"(?i)({_TOKEN}{_END}:[ \t]*){_PROSE}{_VALUE}", rf"\1{STRUCK}"),
        (rf"(?i)(--[\w-]{{0,40}}(?:{_PASSWORD}|{_TOKEN})[\w-]{{0,40}}[ \t]+)(?!-)\S+", rf"\1{STRUCK}"),
    )
)

_SHORTEST = 6
_SHORTEST_LINE = 16
_LONGEST = 16_384
"""Characters: a packed Helm release is a Secret too, and no line of a log holds it."""
_NO_SECRETS = frozenset({"airflow", "airstrip", "postgres", "postgresql", "default", "localhost", "production"})
"""Words that stand everywhere, and tell nothing."""


def without_credentials(text: str) -> str:
    """The text without what has the form of a secret: tokens, keys, passwords in URLs, values of what is named so."""
    for pattern, replacement in _FORMS:
        text = pattern.sub(replacement, text)
    return text


class Redaction:
    """As `without_credentials`, and without these values in whatever form they stand there."""

    def __init__(self, secrets: Iterable[str] = (), *, names: Iterable[str] = ()) -> None:
        """`names` are words that may be a secret's value and are told all the same, as a deployment's own."""
        told = {*_NO_SECRETS, *names}
        forms = {form for value in secrets for form in _written(value)}
        known = sorted((form for form in forms if _is_telling(form) and form not in told), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        return without_credentials(self._known.sub(STRUCK, text) if self._known else text)


def _is_telling(value: str) -> bool:
    return _SHORTEST <= len(value) <= _LONGEST and not value.isdigit()


def _written(value: str) -> Iterator[str]:
    """How a value may stand in a text: as it is, in a URL, coded, a part of it, line by line."""
    yield base64.b64encode(value.encode()).decode()
    value = value.strip()
    yield from (value, quote(value, safe=""), json.dumps(value)[1:-1])
    if "\n" in value:
        yield from (line.strip() for line in value.splitlines() if len(line.strip()) >= _SHORTEST_LINE)
    yield from _password(value)
    yield from _leaves(value)


def _password(url: str) -> Iterator[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        return
    if password:
        yield from (password, unquote(password))


def _leaves(text: str) -> Iterator[str]:
    """The strings of a JSON document, as of a registry's login."""
    if not text.startswith(("{", "[")):
        return
    try:
        open_values = [json.loads(text)]
    except ValueError:
        return
    while open_values:
        value = open_values.pop()
        if isinstance(value, dict):
            open_values += value.values()
        elif isinstance(value, list):
            open_values += value
        elif isinstance(value, str):
            yield value
