"""One case for each symptom: facts in, the first finding out."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from airstrip.diagnose import RULES, Facts, diagnose
from airstrip.diagnose.airflow.facts import ImageFact
from airstrip.diagnose.facts import ClaimFact, ContainerFact, JobFact, NodeFact
from airstrip.diagnose.namespace_facts import WorkloadFact
from airstrip.images import DAGS_IMAGE, current_name
from tests.unit.diagnose.airflow_cases import AIRFLOW_CASES, seen
from tests.unit.diagnose.cluster_cases import CLUSTER_CASES, EXCEEDED, NO_MOUNT, VIOLATES
from tests.unit.diagnose.making import CREATING, FAILED, MIGRATION, REFUSED, event, failing, pod, running, waiting
from tests.unit.diagnose.place_cases import PLACE_CASES

CASES = {**PLACE_CASES, **CLUSTER_CASES, **AIRFLOW_CASES}


def test_every_rule_has_a_case() -> None:
    assert sorted(CASES) == sorted(rule.code for rule in RULES)


@pytest.mark.parametrize("code", CASES)
def test_a_symptom_gets_its_cause_and_fix(code: str) -> None:
    facts, symptom = CASES[code]
    first = diagnose(facts)[0]
    assert (first.code, first.symptom) == (code, symptom)
    assert first.cause.endswith(".")
    assert first.fix
    assert not re.search(r"{\w+}", first.cause + first.fix)


@pytest.mark.parametrize("code", CASES)
def test_a_finding_shows_what_was_seen(code: str) -> None:
    assert diagnose(CASES[code][0])[0].evidence.strip()


COMMAND = re.compile(
    r"(?<![\w/-])(?:\./airstrip [a-z]|kubectl (?:-n \S+ )?[a-z]|apt-get [a-z]|timedatectl [a-z]"
    r"|(?:chmod|chown|chgrp) -?\S+ \S|curl -|ps -)"
)
NO_COMMAND = {
    # Their texts are those of the error that was raised: the case's own are made up.
    **dict.fromkeys((rule.code for rule in RULES if rule.fix == "{fix}"), "as the error was raised"),
}


@pytest.mark.parametrize("code", sorted(CASES.keys() - NO_COMMAND.keys()))
def test_a_fix_is_a_command(code: str) -> None:
    fix = diagnose(CASES[code][0])[0].fix
    assert COMMAND.search(fix), fix


def test_whose_fix_is_no_command_is_few() -> None:
    raised = {code for code in NO_COMMAND if code.startswith(("kubernetes.", "airflow.")) or code == "node.not-yours"}
    assert raised == NO_COMMAND.keys()
    assert len(raised) == 12


def test_the_image_with_the_dags_in_it_is_another_by_design() -> None:
    dags = ImageFact("dag-processor", f"localhost/airstrip/{DAGS_IMAGE}@sha256:b")
    alike = [ImageFact(name, "localhost/airstrip/airflow@sha256:a") for name in ("api-server", "scheduler")]
    assert diagnose(seen(images=(dags, *alike))) == []
    (found,) = diagnose(seen(images=(dags, *alike, ImageFact("triggerer", "localhost/airstrip/airflow@sha256:c"))))
    assert found.symptom.startswith("triggerer runs another image")


def test_nothing_is_found_where_all_is_well() -> None:
    running = ContainerFact("main", "i", "running", ready=True)
    healthy = Facts(
        pods=[pod("scheduler", running, phase="Running"), pod("api-server", CREATING, age=1.0)],
        claims=[ClaimFact("airflow", "spare", "Pending")],
        jobs=[JobFact("airflow", "migration", "migration", complete=True, failed=False)],
        nodes=[NodeFact("n", True)],
    )
    assert diagnose(healthy) == []


def test_a_cause_goes_before_what_it_brings_about() -> None:
    """The database's image is missing, so the migration does not reach it, so its Job fails."""
    facts = Facts(
        pods=[replace(MIGRATION, containers=(failing(REFUSED),)), pod("postgresql", waiting("ErrImageNeverPull"))],
        jobs=[FAILED],
    )
    assert [finding.code for finding in diagnose(facts)] == ["image.missing", "database.unreachable"]


def test_a_database_that_crashes_is_the_cause_itself() -> None:
    database = pod("postgresql", waiting("CrashLoopBackOff", restarts=3, log=("data directory has wrong ownership",)))
    facts = Facts(pods=[replace(MIGRATION, containers=(failing(REFUSED),)), database])
    findings = diagnose(facts)
    assert [finding.code for finding in findings] == ["pod.crash-loop"]
    assert "wrong ownership" in findings[0].evidence


def test_replicas_with_the_same_trouble_are_one_finding() -> None:
    replicas = [replace(pod("api-server", waiting("ErrImageNeverPull")), name=f"api-server-{n}") for n in range(3)]
    assert len(diagnose(Facts(pods=replicas))) == 1


def test_a_refusal_is_past_once_the_owner_has_pods() -> None:
    there = replace(pod("scheduler"), owner="ReplicaSet/scheduler-abc")
    refusal = event("ReplicaSet/scheduler-abc", "FailedCreate", EXCEEDED)
    assert diagnose(Facts(pods=[there], events=[refusal])) == []


def test_a_mount_that_failed_once_at_the_start_is_not_yet_a_finding() -> None:
    young = pod("api-server", CREATING, age=5.0)
    assert diagnose(Facts(pods=[young], events=[event("Pod/api-server-0", "FailedMount", NO_MOUNT)])) == []


def test_facts_are_json() -> None:
    facts, _ = CASES["volume.not-bound"]
    assert json.loads(json.dumps(facts.to_dict()))["claims"][0]["storage_class"] == "fast"


def test_what_is_about_other_components_explains_nothing_of_one() -> None:
    """A task's missing image and a Job that failed long ago are not why the scheduler crashes."""
    crashing = pod("scheduler", waiting("CrashLoopBackOff", restarts=3))
    task = pod("task", waiting("ErrImagePull", "no such image"))
    facts = Facts(
        pods=[task, crashing],
        jobs=[FAILED],
        events=[event("ReplicaSet/api-server-1", "FailedCreate", "exceeded quota: full")],
    )

    found = diagnose(facts.about({"scheduler", "postgresql"}))

    assert [finding.code for finding in found] == ["pod.crash-loop"]


def test_a_refusal_of_a_component_s_own_pods_is_about_it() -> None:
    facts = Facts(events=[event("ReplicaSet/scheduler-1", "FailedCreate", "exceeded quota: full")])

    assert [finding.code for finding in diagnose(facts.about({"scheduler"}))] == ["namespace.quota"]
    assert diagnose(facts.about({"triggerer"})) == []


@pytest.mark.parametrize("code", CASES)
def test_saved_facts_are_the_same_when_they_are_read(code: str) -> None:
    saved = json.dumps(CASES[code][0].to_dict())
    read = Facts.from_dict(json.loads(saved))
    assert json.dumps(read.to_dict()) == saved
    assert diagnose(read) == diagnose(CASES[code][0])


def test_a_place_that_is_stopped_explains_a_cluster_that_does_not_answer() -> None:
    facts = replace(PLACE_CASES["kubernetes.unreachable"][0], place=PLACE_CASES["deployment.not-running"][0].place)
    assert [finding.code for finding in diagnose(facts)] == ["deployment.not-running"]


def test_one_component_has_one_finding_however_much_follows_from_it() -> None:
    """It was killed for its memory, so it loops, so it is not ready."""
    killed = replace(CLUSTER_CASES["pod.oom-killed"][0].pods[0], age=500.0, unready=60.0)
    workload = WorkloadFact("Deployment", "airflow", "scheduler", "scheduler", 1, 0)
    assert [finding.code for finding in diagnose(Facts(pods=[killed], workloads=[workload]))] == ["pod.oom-killed"]


def test_a_task_s_pod_has_some_seconds_to_go_away_itself() -> None:
    facts = CLUSTER_CASES["pod.left-by-operator"][0]
    assert diagnose(replace(facts, task_pods=[replace(facts.task_pods[0], ended=3.0)])) == []
    assert diagnose(replace(facts, task_pods=[replace(facts.task_pods[0], state="running", ended=0.0)])) == []
    assert diagnose(replace(facts, task_pods=[replace(facts.task_pods[0], state="unknown")])) == []


def test_a_container_that_was_killed_long_ago_and_is_well_is_no_finding() -> None:
    well = replace(running(ready=True), restarts=1, last_reason="OOMKilled", last_ended=7200.0)
    assert diagnose(Facts(pods=[pod("scheduler", well)])) == []
    (finding,) = diagnose(Facts(pods=[pod("scheduler", replace(well, last_ended=60.0))]))
    assert finding.code == "pod.oom-killed"


@pytest.mark.parametrize(
    ("component", "where"),
    [("", "container_resources of its operator"), ("task", "components.task.resources.limits.memory")],
)
def test_where_a_limit_is_raised(component: str, where: str) -> None:
    killed = replace(CLUSTER_CASES["pod.oom-killed"][0].pods[0], component=component)
    (finding,) = diagnose(Facts(pods=[killed]))
    assert where in finding.fix
    assert "components.the" not in finding.fix


def test_facts_of_another_version_are_refused() -> None:
    saved = Facts().to_dict()
    with pytest.raises(ValueError, match="version 1"):
        Facts.from_dict({**saved, "version": 2})
    with pytest.raises(ValueError, match="Facts has no more"):
        Facts.from_dict({**saved, "more": 1})
    with pytest.raises(ValueError, match="str where dict"):
        Facts.from_dict({**saved, "pods": ["x"]})


def test_events_of_another_pod_that_had_the_same_name_are_past() -> None:
    """A StatefulSet's pod is always called so."""
    mounted, about = CLUSTER_CASES["config-map.missing"][0].pods[0], CLUSTER_CASES["config-map.missing"][0].events[0]
    facts = Facts(pods=[replace(mounted, uid="new")], events=[replace(about, uid="old")])
    assert diagnose(facts) == []


def test_only_the_last_refusal_of_an_owner_counts() -> None:
    about = "ReplicaSet/scheduler-abc"
    events = [event(about, "FailedCreate", EXCEEDED), event(about, "FailedCreate", VIOLATES)]
    assert [finding.code for finding in diagnose(Facts(events=events))] == ["pod.security-violation"]


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (current_name("pandas-basic"), "pandas-basic"),
        (f"{current_name('mine').partition(':')[0]}@sha256:{'0' * 64}", "mine"),
        ("localhost/airstrip/airflow:3.3.2-0", "NAME"),
    ],
)
def test_a_missing_image_of_ours_is_brought_by_the_commands_that_its_fix_names(image: str, name: str) -> None:
    (finding,) = diagnose(Facts(pods=[pod("scheduler", waiting("ErrImageNeverPull", image=image))]))
    commands = f"./airstrip up; a task image: ./airstrip image build {name}   (both as root, or with sudo); "
    assert finding.fix.startswith(f"Airstrip builds and loads its own again: {commands}")


def test_an_image_that_was_to_be_loaded_is_missing_whatever_was_asked_for_it() -> None:
    away = waiting("ErrImagePull", 'Head "https://localhost/v2/airflow": dial tcp: connection refused')
    assert [finding.code for finding in diagnose(Facts(pods=[pod("scheduler", away)]))] == ["image.missing"]


@pytest.mark.parametrize(
    ("code", "name", "log", "again"),
    [
        ("pod.init-failing", "scheduler", "kubectl -n airflow logs scheduler-0 -c wait", "run: ./airstrip up"),
        ("pod.crash-loop", "scheduler", "kubectl -n airflow logs scheduler-0 -c main", "run: ./airstrip up"),
        ("job.failed", "migration", "./airstrip logs migration", "run: ./airstrip up"),
        # Ours, but no component whose log is shown.
        ("job.failed", "project", "kubectl -n airflow logs job/migration", "run: ./airstrip up"),
        ("pod.init-failing", "", "kubectl -n airflow logs scheduler-0 -c wait", "change it where it is made: "),
        ("pod.crash-loop", "", "kubectl -n airflow logs scheduler-0 -c main", "change it where it is made: "),
        ("pod.init-failing", "task", "kubectl -n airflow logs scheduler-0 -c wait", "change it in the task's "),
        ("job.failed", "", "kubectl -n airflow logs job/migration", "make it anew, or delete it: kubectl -n airflow"),
    ],
)
def test_what_is_not_airstrip_s_is_mended_where_it_was_made(code: str, name: str, log: str, again: str) -> None:
    facts, _ = CLUSTER_CASES[code]
    pods = [replace(each, component=name) for each in facts.pods]
    (finding,) = diagnose(replace(facts, pods=pods, jobs=[replace(each, component=name) for each in facts.jobs]))
    assert finding.fix.startswith(f"Mend what its log says ({log}), then {again}")
