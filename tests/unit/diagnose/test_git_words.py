"""Git's words count where DAGs are fetched, and nowhere else: users' code talks to git and ssh too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from airstrip.diagnose import Facts, diagnose
from airstrip.diagnose.airflow.facts import AirflowFacts, SignFact
from airstrip.diagnose.airflow.git import GIT_RULES
from airstrip.diagnose.facts import ContainerFact
from tests.unit.diagnose.airflow_cases import DEPLOYMENT, logged
from tests.unit.diagnose.making import pod

REFUSED = "ssh: connect to host sftp.example port 22: Connection refused"
SYNC = (
    '{"logger":"","ts":"2026-01-01 10:00:00","level":0,"msg":"error syncing repo, will retry",'
    '"error":"Run(git fetch https://h/r refs/heads/x --verbose): exit status 128: { stdout: \\"\\", '
    'stderr: \\"fatal: couldn\'t find remote ref refs/heads/x\\" }","failCount":3}'
)


def codes(facts: Facts) -> list[str]:
    return [finding.code for finding in diagnose(facts) if finding.code.startswith("git.")]


def said_by(component: str, *, from_git: bool = True) -> Facts:
    signs = (SignFact("git-unreachable", component, f"{component}-0", (REFUSED,)),)
    return Facts(deployment=replace(DEPLOYMENT, dags_from_git=from_git), airflow=AirflowFacts(signs=signs))


def test_the_dag_processor_s_words_are_of_its_dags_only_where_these_come_from_git() -> None:
    assert codes(said_by("dag-processor")) == ["git.unreachable"]
    assert codes(said_by("dag-processor", from_git=False)) == []


@pytest.mark.parametrize("component", ["triggerer", "scheduler", "api-server"])
def test_a_trigger_that_does_not_reach_its_own_server_is_nothing_of_git(component: str) -> None:
    assert codes(said_by(component)) == []


def test_a_task_s_own_git_is_its_own_matter() -> None:
    log = ("Permission denied (publickey).", "remote: Repository 'models' not found")
    container = ContainerFact("base", "i", "terminated", "Error", exit_code=1, log=log)
    facts = Facts(
        deployment=DEPLOYMENT, pods=[pod("daily-load", container, namespace="airflow-workers", phase="Failed")]
    )
    assert codes(facts) == []


def test_of_git_sync_s_lines_only_git_s_own_words_are_told() -> None:
    rule = next(rule for rule in GIT_RULES if rule.code == "git.ref-absent")
    (match,) = rule.matches(logged("git-ref", "dag-processor", SYNC))
    assert match.fields["message"] == "fatal: couldn't find remote ref refs/heads/x"
