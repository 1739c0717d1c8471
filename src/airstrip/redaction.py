"""Strikes out what may be a secret in text that people pass on: log lines, events, messages, errors.

By its form, whoever wrote it; and by its value, where the secrets are known. It would rather strike too much: a
line that tells one word less still explains itself.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from airstrip.address import written_password
from airstrip.secret_forms import FORMS, MAY_HIDE, SECRET_NAME, STRUCK

__all__ = ["CUT", "STRUCK", "Redaction", "end_of", "lines_without_credentials", "without_credentials"]

_NAMED = re.compile(rf"(?m)^(?:{SECRET_NAME})=(.{{1,4000}})$")
_SHORTEST = 6
_SHORTEST_NUMBER = 8
_SHORTEST_LINE = 16
_LONGEST = 16_384
"""Characters: a packed Helm release is a Secret too, and no line of a log holds it."""
_LONGEST_TEXT = 200_000
"""Longer ones are struck out whole: nobody waits for them."""
_LONGEST_END = 100_000
"""Half a second's work."""
_LONGEST_NAME = 253
"""As long as Kubernetes lets one be."""
CUT = "…"
"""Where a text was cut: what stands before it may be the half of a value."""
_TOLD_OF_SYSTEM = ("strerror", "filename", "filename2")
"""An OSError tells these, and not its arguments."""
_PRODUCTS = frozenset({"airflow", "airstrip", "postgres", "postgresql", "kubernetes", "database"})
_NO_SECRETS = _PRODUCTS | {"default", "localhost", "production", "provider", "password"}
"""Words that stand everywhere, and tell nothing."""


def without_credentials(text: str) -> str:
    """The text without what has the form of a secret: tokens, keys, passwords in URLs, values of what is named so."""
    return _short_without(text) if len(text) <= _LONGEST_NAME else _without_forms(text)


def _without_forms(text: str) -> str:
    for pattern, replacement in FORMS:
        text = pattern.sub(replacement, text)
    return text


_short_without = lru_cache(maxsize=1 << 14)(_without_forms)
"""Thousands of events say the same of pods whose names stand in several."""


def lines_without_credentials(lines: Iterable[str]) -> list[str]:
    """Lines of one log, read together: a key stands on several, which then are one line."""
    text = "\n".join(lines)
    return without_credentials(text).split("\n") if text else []


def end_of(text: str) -> str:
    """Of what is too long to be looked through, the last lines, which mostly say what failed.

    They are whole ones: the second half of a secret would not be known as one.
    """
    if len(text) <= _LONGEST_END:
        return text
    lines = text[-_LONGEST_END:].partition("\n")[2]
    return f"{CUT}\n{lines}" if lines else text


class Redaction:
    """As `without_credentials`, and without these values in whatever form they stand there.

    What it costs grows with the text and not with the number of values: each place of the text is looked up by its
    first characters. Values may be added while another thread strikes them out. `late` and `too_long` count the texts
    that were struck out whole, as nobody looked through them.
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
        self.late = 0
        self.too_long = 0
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
        return without_credentials(self._without_known(text)) if self._is_looked_through(text) else STRUCK

    def part(self, text: str) -> str:
        """Of a sentence: one of the `words`, or a text as any other."""
        return self.word(text) if text in self._words else self(text)

    def word(self, text: str) -> str:
        """Of a vocabulary or a name: a secret's value that happens to be it is told.

        Rules go by it, and most are told however late it is: else they would tell of objects that are called ***.
        """
        if not MAY_HIDE.search(text):
            return text
        return without_credentials(text) if self._is_looked_through(text) else STRUCK

    def values(self, text: str) -> str:
        """Of our own words, where an option of a command may be named like a secret: without the known values alone."""
        return self._without_known(text) if self._is_looked_through(text) else STRUCK

    @contextmanager
    def of_errors(self) -> Iterator[None]:
        """What is raised in here quotes no secret; its kind and its traceback stay."""
        try:
            yield
        except Exception as error:
            self.strike_error(error)
            raise

    def strike_error(self, error: BaseException) -> None:
        """In its arguments and those of the errors that it came from; their kinds stay, and their lines of code."""
        told: BaseException | None = error
        done: set[int] = set()
        while told and id(told) not in done:
            done.add(id(told))
            told.args = tuple(self(each) if isinstance(each, str) else each for each in told.args)
            for name in _TOLD_OF_SYSTEM if isinstance(told, OSError) else ():
                if isinstance(said := getattr(told, name), str):
                    setattr(told, name, self(said))
            told = told.__cause__ or told.__context__

    def unread(self, where: str = "here") -> str:
        """How many texts it struck out whole and why, in sentences; empty where it struck none."""
        late = _unread(self.late, where, "there was no time to look for secrets in")
        too_long = _unread(self.too_long, where, "too long to look for secrets in")
        return " ".join(filter(None, (late, too_long)))

    def _is_looked_through(self, text: str) -> bool:
        is_short = len(text) <= _LONGEST_TEXT
        is_late = is_short and self._until()
        self.too_long += not is_short
        self.late += is_late
        return is_short and not is_late

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
        return self._end_of_half(text, begin)

    def _end_of_half(self, text: str, begin: int) -> int:
        """Of a value whose other half was cut off."""
        end = text.find(CUT, begin, begin + _LONGEST)
        half = text[begin:end] if end > 0 else ""
        return end if half and any(value.startswith(half) for value in self._known - self._told) else 0

    def _is_in_a_word(self, text: str, begin: int, end: int) -> bool:
        """Of those that are told: in `analytics_daily` stands what a Secret may hold, and nobody knows which."""
        runs = (_run(text, begin, end, marks) for marks in ("_-", "_-."))
        return any(run in self._words and run != text[begin:end] for run in runs)


def _unread(many: int, where: str, why: str) -> str:
    if many == 1:
        return f"1 text stands {where} as {STRUCK}: {why} it."
    return f"{many} texts stand {where} as {STRUCK}: {why} them." if many else ""


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
    """How a value may stand in a text: as it is, on one line, in a URL, coded, a part of it, line by line."""
    stripped = value.strip()
    if "\n" in stripped:
        yield from (line.strip() for line in stripped.splitlines() if len(line.strip()) >= _SHORTEST_LINE)
    if len(stripped) > _LONGEST:
        return
    yield base64.b64encode(value.encode()).decode()
    yield from (stripped, " ".join(stripped.split()), quote(stripped, safe=""), json.dumps(stripped)[1:-1])
    yield from _named(stripped)
    yield from _password(stripped)
    yield from _leaves(stripped)


def _named(text: str) -> Iterator[str]:
    """What stands after its name on a line, as git's credentials and files of variables have it."""
    yield from (found[1].strip() for found in _NAMED.finditer(text))


def _password(url: str) -> Iterator[str]:
    found = {written_password(url)}
    with suppress(ValueError):
        found.add(urlsplit(url).password or "")
    for password in found:
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
