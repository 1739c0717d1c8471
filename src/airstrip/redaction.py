"""Strikes out what may be a secret in text that people pass on: log lines, events, messages, errors.

By its form, whoever wrote it; and by its value, where the secrets are known. It would rather strike too much: a
line that tells one word less still explains itself.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

STRUCK = "***"

_PASSWORD = (
    r"(?:passw(?:or)?d|passphrase|pwd|(?:(?<![A-Za-z])pass|(?-i:(?<=[a-z])Pass))(?![A-Za-z])"
    r"|sql[_-]?alchemy[_-]?conn|result[_-]?backend|broker[_-]?url)"
)
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
_WORDS = (
    "a access algorithm an and at audience authentication authorization bad by cannot client connection context could "
    "decode decoding denied dial did does error eof expected expired failed failure for forbidden from get got had has "
    "have head http https if in incorrect insufficient invalid is issuer it key lookup malformed may missing must net "
    "no not of on operation or padding parse parsing patch permission please post put read received request requested "
    "response rpc see server should signature stat status that the this timed timeout tls to token too unable "
    "unauthorized unexpected unknown user using was were when while with write wrong x509"
)
_PROSE = rf"(?!(?:{'|'.join(_WORDS.split())}|[45]\d\d)(?:[ \t:,.]|$))"
"""`token: Signature has expired`: no secret, and what is wrong. Any other word may be one."""
_BASE64_LINE = r"(?=[\w+/=]*[A-Z])(?=[\w+/=]*[a-z])(?=[\w+/=]*\d)[A-Za-z0-9+/]{60,76}={0,2}"

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", STRUCK),
        # The end of such a block whose begin is not there.
        (r"(?m)^(?:[A-Za-z0-9+/=]{1,76}\n){1,100}-----END [A-Z ]*PRIVATE KEY-----", STRUCK),
        # A line of such a block on its own: base64 of 64 characters, or of the 70 of OpenSSH, which no digest is.
        (rf"(?<![\w+/=-])(?![0-9a-f]+(?![\w+/=-])){_BASE64_LINE}(?![\w+/=.-])", STRUCK),
        (r"eyJ[\w-]{8,500}\.[\w-]{8,6000}\.[\w-]{8,1000}", STRUCK),
        # Up to the last @: a password may hold one, and a slash. A port with a path is none.
        (r"(?<=://)[^\s/@:\"'<>]{0,200}:(?!\d{1,5}/)[^\s\"'<>]{0,500}(?=@)", STRUCK),
        # A token in place of a user.
        (r"(?i)(\bhttps?://)[^\s/@\"'<>]{1,200}(?=@)", rf"\1{STRUCK}"),
        # Of a channel of conda's; a topic of a forum has a number.
        (r"(://[^\s\"'<>]{0,300}?/t/)[^\s/\"'<>]{1,200}(?![^\s/\"'<>]|/\d+(?:[\s/?#\"'<>]|$))", rf"\1{STRUCK}"),
        # Of a URL that is its own permission.
        (
            r"(?i)(\b(?:x-(?:amz|goog)-(?:signature|credential|security-token)|sig(?:nature)?)=)[^\s&\"'<>]+",
            rf"\1{STRUCK}",
        ),
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

_NAMED = re.compile(rf"(?m)^(?:{_SECRET_NAME})=(.{{1,4000}})$")
_SHORTEST = 6
_SHORTEST_NUMBER = 8
_SHORTEST_LINE = 16
_LONGEST = 16_384
"""Characters: a packed Helm release is a Secret too, and no line of a log holds it."""
_LONGEST_TEXT = 200_000
"""Longer ones are struck out whole: nobody waits for them."""
_LONGEST_NAME = 253
"""As long as Kubernetes lets one be."""
_PRODUCTS = frozenset({"airflow", "airstrip", "postgres", "postgresql", "kubernetes", "database"})
_NO_SECRETS = _PRODUCTS | {"default", "localhost", "production", "provider", "password"}
"""Words that stand everywhere, and tell nothing."""


def without_credentials(text: str) -> str:
    """The text without what has the form of a secret: tokens, keys, passwords in URLs, values of what is named so."""
    return _short_without(text) if len(text) <= _LONGEST_NAME else _without_forms(text)


def _without_forms(text: str) -> str:
    for pattern, replacement in _FORMS:
        text = pattern.sub(replacement, text)
    return text


_short_without = lru_cache(maxsize=1 << 14)(_without_forms)
"""Thousands of events say the same of pods whose names stand in several."""


def lines_without_credentials(lines: Iterable[str]) -> list[str]:
    """Lines of one log, read together: a key stands on several, which then are one line."""
    text = "\n".join(lines)
    return without_credentials(text).split("\n") if text else []


class Redaction:
    """As `without_credentials`, and without these values in whatever form they stand there.

    What it costs grows with the text and not with the number of values: each place of the text is looked up by its
    first characters. Values may be added while another thread strikes them out. `struck_whole` counts the texts that
    were not looked through: too long, or too late.
    """

    def __init__(
        self,
        secrets: Iterable[str] = (),
        *,
        names: Iterable[str] = (),
        words: Collection[str] = (),
        until: Callable[[], bool] = lambda: False,
    ) -> None:
        """`names` are words that may be a secret's value and are told all the same, as a deployment's own; `words`
        such as may hold one, and are told whole.

        Once `until` is true, texts are struck out whole: there is no time left to look.
        """
        self.struck_whole = 0
        self._told = {*_NO_SECRETS, *names}
        self._words = words
        self._known: set[str] = set()
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._until = until
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        for value in secrets:
            for form in _written(value):
                if _is_telling(form) and form not in self._known:
                    self._known.add(form)
                    begin = form[:_SHORTEST]
                    lengths = self._lengths.get(begin, ())
                    if len(form) not in lengths:
                        self._lengths[begin] = tuple(sorted((*lengths, len(form)), reverse=True))

    def telling(self, *, names: Iterable[str], words: Collection[str] = (), until: Callable[[], bool]) -> Redaction:
        """The same values, but these `names` and `words`, and until then."""
        other = Redaction(names={*self._told, *names}, words=words, until=until)
        other._known, other._lengths = self._known, self._lengths
        return other

    def __call__(self, text: str) -> str:
        if self._is_in_time(text):
            return without_credentials(self._without_known(text))
        self.struck_whole += 1
        return STRUCK

    def part(self, text: str) -> str:
        """Of a sentence: one of the `words`, or a text as any other."""
        return self.word(text) if text in self._words else self(text)

    def word(self, text: str) -> str:
        """Of a vocabulary or a name: a secret's value that happens to be it is told.

        It costs next to nothing, and rules go by it: without it they would tell of objects that are called ***.
        """
        return without_credentials(text) if len(text) <= _LONGEST_TEXT else STRUCK

    def _is_in_time(self, text: str) -> bool:
        return len(text) <= _LONGEST_TEXT and not self._until()

    def _without_known(self, text: str) -> str:
        if not self._lengths:
            return text
        lengths, pieces, done, place = self._lengths, [], 0, 0
        while place <= len(text) - _SHORTEST:
            found = lengths.get(text[place : place + _SHORTEST])
            end = self._end_of_known(text, place, found) if found else 0
            if end:
                pieces += [text[done:place], STRUCK]
                done = end
            place = end or place + 1
        return "".join([*pieces, text[done:]])

    def _end_of_known(self, text: str, begin: int, lengths: Iterable[int]) -> int:
        """Of the longest known value that begins there; 0 where none does."""
        for length in lengths:
            end = begin + length
            value = text[begin:end]
            if value in self._known and value not in self._told and _stands_alone(text, begin, end):
                return 0 if self._is_in_a_word(text, begin, end) else end
        return 0

    def _is_in_a_word(self, text: str, begin: int, end: int) -> bool:
        """Of those that are told: in `analytics_daily` stands what a Secret may hold, and nobody knows which."""
        runs = (_run(text, begin, end, marks) for marks in ("_-", "_-."))
        return any(run in self._words and run != text[begin:end] for run in runs)


def _run(text: str, begin: int, end: int, marks: str) -> str:
    """A place with the letters, digits and marks on both sides of it."""
    start, stop = begin, end
    while start > max(0, begin - _LONGEST_NAME) and (text[start - 1].isalnum() or text[start - 1] in marks):
        start -= 1
    while stop < min(len(text), end + _LONGEST_NAME) and (text[stop].isalnum() or text[stop] in marks):
        stop += 1
    return text[start:stop]


def _stands_alone(text: str, begin: int, end: int) -> bool:
    """A number that is part of a longer word or number is another one."""
    around = text[max(0, begin - 1) : begin] + text[end : end + 1]
    return not text[begin:end].isdigit() or not any(each.isalnum() for each in around)


def _is_telling(value: str) -> bool:
    return (_SHORTEST_NUMBER if value.isdigit() else _SHORTEST) <= len(value) <= _LONGEST


def _written(value: str) -> Iterator[str]:
    """How a value may stand in a text: as it is, in a URL, coded, a part of it, line by line."""
    stripped = value.strip()
    if "\n" in stripped:
        yield from (line.strip() for line in stripped.splitlines() if len(line.strip()) >= _SHORTEST_LINE)
    if len(stripped) > _LONGEST:
        return
    yield base64.b64encode(value.encode()).decode()
    yield from (stripped, quote(stripped, safe=""), json.dumps(stripped)[1:-1])
    yield from _named(stripped)
    yield from _password(stripped)
    yield from _leaves(stripped)


def _named(text: str) -> Iterator[str]:
    """What stands after its name on a line, as git's credentials and files of variables have it."""
    yield from (found[1].strip() for found in _NAMED.finditer(text))


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
    except (ValueError, RecursionError):
        return
    while open_values:
        value = open_values.pop()
        if isinstance(value, dict):
            open_values += value.values()
        elif isinstance(value, list):
            open_values += value
        elif isinstance(value, str):
            yield value
