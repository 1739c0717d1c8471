"""Components that cannot work with their database, told by what they log."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match, lines, subject_of
from airstrip.diagnose.rule import Rule

DATABASE = "postgresql"
"""The component."""
_LOGIN = re.compile(r"password authentication failed|no pg_hba\.conf entry|role \"[^\"]*\" does not exist")
_UNREACHABLE = re.compile(
    r"could not connect to server|connection to server at .* failed|could not translate host name"
    r"|server closed the connection unexpectedly|the database system is (starting up|shutting down)"
)


def login_refused(facts: Facts) -> Iterator[Match]:
    return _logged(facts, _LOGIN)


def unreachable(facts: Facts) -> Iterator[Match]:
    """Nothing where the login is refused, or where the database's own pod fails: those say more."""
    if any(_LOGIN.search(line) for _, container in facts.containers() for line in container.log):
        return
    for pod, container in facts.containers():
        if pod.component == DATABASE and (container.restarts > 0 or container.state == "terminated"):
            return
    yield from _logged(facts, _UNREACHABLE)


def _logged(facts: Facts, pattern: re.Pattern[str]) -> Iterator[Match]:
    for pod, container in facts.containers():
        if pod.component == DATABASE:
            continue
        if any(pattern.search(line) for line in container.log):
            yield Match(subject_of(pod), {"component": pod.component or pod.name}, lines(container.log))


RULES: tuple[Rule, ...] = (
    Rule(
        "database.login-refused",
        "the database refuses the login of {component}",
        "The password in Secret airflow-database is not the one that the database was made with.",
        "Put the old Secret back, or, where the data may go: ./airstrip down --data, then ./airstrip up",
        login_refused,
    ),
    Rule(
        "database.unreachable",
        "{component} does not reach the database",
        "The database's pod is down, its Service has no endpoint, or the network is closed in between.",
        "Look at it: ./airstrip logs postgresql; then run: ./airstrip up",
        unreachable,
    ),
)
