"""What components and tasks log when something particular is wrong. Only lines that match are ever kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from airstrip.kube.admission import REFUSED

RECENT = 60
"""Seconds: what was logged before that may be mended since."""
_MOST_LINES = 5

SIGNS: dict[str, re.Pattern[str]] = {
    sign: re.compile(pattern)
    for sign, pattern in {
        "login": r"password authentication failed|no pg_hba\.conf entry|role \"[^\"]*\" does not exist",
        "connections": r"sorry, too many clients already|remaining connection slots are reserved"
        r"|too many connections for (role|database)|QueuePool limit of size",
        "disk": r"could not (extend|write( to)?) file .*No space left",
        "no-room": r"No space left on device",
        "pooler": r"unsupported startup parameter|DuplicatePreparedStatementError|prepared statement \"[^\"]*\""
        r" (already exists|does not exist)|query_wait_timeout|unexpected keyword argument 'sslmode'",
        "not-ours": r"airstrip: the database (has tables of an Airflow already|is another deployment's)",
        "newer": r"Can't locate revision identified by",
        "not-migrated": r"Database migration required|relation \"(alembic_version|dag|dag_run|dag_version|job"
        r"|serialized_dag|task_instance|trigger|ab_user)\" does not exist|still unapplied migrations"
        r"|You still have unapplied migrations",
        "unreachable": r"could not connect to server|connection to server at .* failed|could not translate host name"
        r"|server closed the connection unexpectedly|the database system is (starting up|shutting down)",
        "token": r"Signature verification failed|Invalid auth token(?!.*expired)",
        "token-expired": r"Signature has expired|token (has )?expired|ExpiredSignatureError",
        "fernet": r"fernet\.InvalidToken|InvalidToken|Can't decrypt _val",
        "fernet-malformed": r"Could not create Fernet object|Fernet key must be 32",
        "overloaded": r"(?i)execution(?: api)?.*(read ?timeout|timed out|503|too many requests)|\bReadTimeout\b"
        r"|Server returned error.*50[234]",
        "log-folder": r"Permission denied: '?/opt/airflow/logs|Read-only file system: '?/opt/airflow/logs"
        r"|No space left on device: '?/opt/airflow/logs",
        "remote-log": r"Could not (read|write|verify|upload).*(remote|s3|gcs|wasb|oss://)|remote_log_conn_id"
        r"|Failed to (write|read) .*(remote|s3://|gs://)",
        "ended-early": r"finished with state failed, but the task instance's state attribute is queued",
        "quota": r"exceeded quota: ",
        "refused": rf"(HTTP response body: |\bMessage: ).*({REFUSED})",
        "heartbeat-timeout": r"without a heartbeat|heartbeat timeout",
        "git-program": r"airstrip: the image has no |Bad git executable|cannot run ssh: "
        r"|No module named 'airflow\.providers\.git'",
        "git-host-key": r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED",
        "git-certificate": r"unable to access '.*': (SSL|server) certificate|SSL certificate problem"
        r"|certificate verification failed",
        "git-token": r"fatal: Authentication failed for |could not read (Username|Password) for "
        r"|Permission denied \((publickey|keyboard)|unable to access '.*': The requested URL returned error: 40[13]",
        "git-repo": r"(?i:repository) .*not found|does not appear to be a git repository"
        r"|unable to access '.*': The requested URL returned error: 404",
        "git-ref": r"airstrip: \S+: the repository has no (branch|tag|commit|default branch)"
        r"|pathspec '.*' did not match any file|couldn't find remote ref",
        "git-path": r"airstrip: \S+: the repository has no folder",
        # What a web server answers, the others above know better.
        "git-unreachable": r"fatal: unable to access '|ssh: (connect to host|Could not resolve)"
        r"|kex_exchange_identification|Connection (closed|reset|timed out).* port \d+|RPC failed; "
        r"|airstrip: \S+: no answer within",
        "provider": r"No module named 'airflow\.providers\.\w+",
    }.items()
}
"""By the names that the rules go by."""

_SURE = frozenset({"not-migrated", "newer", "log-folder", "quota"})
"""In words, or of a folder, that are Airflow's only; or that name a quota, which its rule looks for."""
_GIT = re.compile(r"^git-")
"""For whoever reads the DAG files: its rules look at no other lines. What tasks and triggers do with git is theirs."""
_ITS_DATABASE = re.compile(r'(server at|host name) "postgresql[".]')
"""By the name of its Service, as drivers quote it: a dag-processor is ready before it has reached that."""


_OF_DATABASE = frozenset({"login", "connections", "disk", "pooler", "not-ours", "newer", "not-migrated", "unreachable"})
_REACHED = re.compile(r"Starting the (?:scheduler|triggerer|Dag Processor Job)\b|Heartbeat recovered after")
"""What a process with a main loop logs once the database has taken what it wrote there. The user's code runs later."""

Signs = dict[str, tuple[str, ...]]
"""The last lines that match, by sign."""


def find_signs(lines: Iterable[str], *, mixed: bool = False) -> Signs:
    """In `mixed` lines, which the user's own code logs too, only what is surely Airflow's."""
    return _last((sign, line) for line in lines for sign in _signs_in(line, mixed=mixed))


def signs_of_process(lines: Sequence[str], *, runs_users_code: bool, has_begun: bool) -> Signs:
    """Of a process with a main loop. What it said of its database before it reached that is past; what it says before
    it has begun nobody else says. `has_begun`: before the first of these lines."""
    reached = [index for index, line in enumerate(lines) if _REACHED.search(line)]
    began = -1 if has_begun else next(iter(reached), len(lines))
    past = reached[-1] if reached else -1
    return _last(
        (sign, line)
        for index, line in enumerate(lines)
        for sign in _signs_in(line, mixed=runs_users_code and index > began)
        if index > past or sign not in _OF_DATABASE
    )


def joined(before: Signs, after: Signs) -> Signs:
    """Of one life and the next, each judged by itself: what the first has reached the second has not."""
    return _last((sign, line) for signs in (before, after) for sign, found in signs.items() for line in found)


def has_reached_database(lines: Iterable[str]) -> bool:
    return any(_REACHED.search(line) for line in lines)


def _signs_in(line: str, *, mixed: bool) -> Iterator[str]:
    for sign, pattern in SIGNS.items():
        if (not mixed or sign in _SURE or _GIT.match(sign) or _ITS_DATABASE.search(line)) and pattern.search(line):
            yield sign


def _last(found: Iterable[tuple[str, str]]) -> Signs:
    lines: dict[str, list[str]] = {}
    for sign, line in found:
        lines.setdefault(sign, []).append(line)
    return {sign: tuple(matching[-_MOST_LINES:]) for sign, matching in lines.items()}
