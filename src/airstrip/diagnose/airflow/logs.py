"""Tasks' logs: where they are kept, and whether they can be written and read."""

from __future__ import annotations

from collections.abc import Iterator

from airstrip.diagnose.airflow.look import AIRFLOW_COMPONENTS, airflow, signs_of
from airstrip.diagnose.facts import Facts
from airstrip.diagnose.match import Match
from airstrip.diagnose.rule import Rule


def _refused(facts: Facts) -> Iterator[Match]:
    found = [(component, lines) for _, component, lines in signs_of(facts, "log-folder")]
    found += [(sign.dag, tuple(sign.lines)) for sign in airflow(facts).task_signs if sign.sign == "log-folder"]
    if found:
        who, lines = found[0]
        yield Match("folder/logs", {"who": who}, "\n".join(lines))


def _remote(facts: Facts) -> Iterator[Match]:
    """What pods of tasks say may be of stores of their own."""
    said = ((component, lines) for _, component, lines in signs_of(facts, "remote-log"))
    found = [(component, lines) for component, lines in said if component in AIRFLOW_COMPONENTS]
    found += [(sign.dag, tuple(sign.lines)) for sign in airflow(facts).task_signs if sign.sign == "remote-log"]
    if found:
        who, lines = found[0]
        yield Match("logs/remote", {"who": who}, "\n".join(lines))


LOG_RULES: tuple[Rule, ...] = (
    Rule(
        "logs.refused",
        "{who} cannot write its log",
        "The volume of logs is full, read-only, or does not belong to group 0.",
        "Let group 0 write where the volume lies: chgrp -R 0 FOLDER && chmod -R g+rwX FOLDER",
        _refused,
    ),
    Rule(
        "logs.remote",
        "the store of logs refuses {who}",
        "The address, the connection or the rights of remote logging are wrong: what ran has no log.",
        "Correct airflow.config.logging (remote_base_log_folder, remote_log_conn_id), then run: ./airstrip up",
        _remote,
    ),
)
