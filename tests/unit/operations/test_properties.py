"""What `verify` concludes from what its tasks saw: one case for each way in which a property can fail."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from airstrip.answers import PropertyName
from airstrip.errors import KubernetesError
from airstrip.manifests import names as manifest_names
from airstrip.operations.properties import PROPERTIES, access, control_plane, tasks
from airstrip.operations.properties.isolation import isolation
from airstrip.operations.properties.names import DAGS
from tests.unit.operations.seen import ACCOUNT, BY_QUOTA, BY_RBAC, CREATES, NO_LIST, PLAIN, PODS, Seen, chain


def test_every_property_has_a_name_that_the_command_line_knows() -> None:
    assert tuple(item.name for item in PROPERTIES) == get_args(PropertyName)


def test_the_built_in_file_defines_the_dags_that_are_run() -> None:
    folder = Path(manifest_names.__file__ or "").parent / "files" / "dags"
    text = (folder / "verify.py").read_text()
    assert all(f"def {dag}():" in text for dag in DAGS)
    assert f"{manifest_names.TEMPLATE_DIR}/{manifest_names.ACCOUNT_TEMPLATE_FILE}" in text


@pytest.mark.parametrize(
    ("states", "log", "creates", "says", "cause"),
    [
        (("failed", "upstream_failed", "upstream_failed"), "", CREATES, "none of the three", "scheduler"),
        ((None, None, None), "", CREATES, "run_this_first is waiting", "scheduler"),
        (("success", "failed", "upstream_failed"), "timed out", CREATES, "only the first", "do not reach"),
        (("success", "failed", "upstream_failed"), BY_QUOTA, CREATES, "only the first", "exceeded quota"),
        (("success", "failed", "upstream_failed"), BY_RBAC, CREATES, "only the first", "Role"),
        (("success", "success", "success"), "", CREATES, "all three", "rights beyond"),
        (("success", "success", "failed"), BY_QUOTA, CREATES, "not for want of rights: exceeded quota", ""),
        (("success", "success", "failed"), f"{BY_RBAC}\n{BY_QUOTA}", CREATES, "not for want of rights", ""),
        (("success", "success", "failed"), BY_RBAC.replace("create", "list"), CREATES, "not for want of rights", ""),
        (("success", "success", "failed"), "the image is missing", CREATES, "not for want of rights", ""),
        (("success", "success", None), "", CREATES, "task2 is waiting", ""),
        (("success", "success", "failed"), BY_RBAC, {**CREATES, "default": {"allowed": True}}, "does not say", ""),
        (("success", "success", "failed"), BY_RBAC, {**CREATES, "w": {"error": "HTTP 0"}}, "does not say", ""),
        (("success", "success", "failed"), BY_RBAC, {}, "does not say", ""),
    ],
)
def test_isolation_fails_with_the_cause_that_the_number_of_tasks_tells(
    states: tuple[str, str, str], log: str, creates: Any, says: str, cause: str
) -> None:
    logged = {"task": log.splitlines(), "task2": log.splitlines()}
    returned = {"account": {"creates": creates}, "task": "mine-pods"}
    outcome = isolation(Seen(chain(*states), returned, logged).scene())

    assert outcome.state == "failed"
    assert says in outcome.text
    assert outcome.finding is not None
    assert outcome.finding.code == "verify.isolation"
    assert cause in outcome.finding.cause


@pytest.mark.parametrize(
    ("state", "log", "fix"),
    [
        ("failed", BY_QUOTA, "kubectl -n w edit resourcequota"),
        ("failed", 'admission webhook "guard" denied the request: no', "Ask whoever keeps that webhook"),
        ("failed", BY_RBAC, "./airstrip up"),
        ("running", "", "--timeout 600"),
        (None, "", "--timeout 600"),
    ],
)
def test_the_fix_of_isolation_takes_away_what_hinders_it(state: str | None, log: str, fix: str) -> None:
    outcome = isolation(Seen(chain("success", state, None), logged={"task": log.splitlines()}).scene())
    assert outcome.finding is not None
    assert fix in outcome.finding.fix


def test_two_tasks_and_a_refusal_by_rbac_prove_isolation() -> None:
    logged = {"task2": ["x", BY_RBAC]}
    proof = {"account": {"creates": CREATES}, "task": "mine-pods"}

    assert isolation(Seen(chain("success", "success", "failed"), proof, logged).scene()).state == "proved"
    other = isolation(Seen(chain("success", "success", "failed"), proof | {"task": "root"}, logged).scene())
    assert (other.state, "gives the account root" in other.text) == ("failed", True)


def found(**more: Any) -> dict[str, Any]:
    return {"found": {**PLAIN["found"], **more}}


@pytest.mark.parametrize(
    ("plain", "account", "secrets", "says"),
    [
        ({"token": True}, {}, [], "has a token"),
        (found(variables=["AIRFLOW__CORE__FERNET_KEY"]), {}, [], "AIRFLOW__CORE__FERNET_KEY"),
        (found(files=["/tmp/canary", "/tmp/x"]), {}, [], "/tmp/x"),
        (found(files=[]), {}, [], "does not find"),
        (found(leftOut=3), {}, [], "3 files"),
        ({"attempts": [{"what": "list Secrets of w", "status": 200, "message": ""}]}, {}, [], "could list Secrets"),
        ({}, {"attempts": [{"what": "list nodes", "status": 200, "message": ""}]}, [], "could list nodes"),
        ({}, {"attempts": [{"what": "list nodes", "status": 0, "message": "timed out"}]}, [], "timed out"),
        ({}, {"attempts": [{"what": "make it", "status": 403, "message": BY_QUOTA}]}, [], "exceeded quota"),
        ({}, {"token": False}, [], "has no token"),
        ({}, {"allowed": [{"what": "list pods of w", "status": 403, "message": NO_LIST}]}, [], "could not list pods"),
        ({}, {"rules": {"w": {"error": "HTTP 0"}}}, [], "could not be read"),
        ({}, {"rules": {"w": {"resourceRules": PODS, "incomplete": True}}}, [], "could not be read"),
        ({}, {"rules": {"default": {"resourceRules": PODS}}}, [], "may create pods in default"),
        (
            {},
            {"rules": {"w": {"resourceRules": [{"verbs": ["get"], "resources": ["secrets"], "apiGroups": [""]}]}}},
            [],
            "may get secrets in w",
        ),
        (
            {},
            {"rules": {"w": {"resourceRules": [{"verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]}]}}},
            [],
            "may * * in w",
        ),
        ({}, {}, ["airflow-keys"], "airflow-keys"),
    ],
)
def test_least_access_fails_for_whatever_a_task_has_too_much(
    plain: dict[str, Any], account: dict[str, Any], secrets: list[str], says: str
) -> None:
    seen = Seen(returned_by={"plain": PLAIN | plain, "account": ACCOUNT | account}, objects={"Secret": secrets})

    outcome = access.least_access(seen.scene())

    assert outcome.state == "failed"
    assert says in outcome.text


def test_least_access_is_proved_with_its_limits() -> None:
    returned = {"plain": PLAIN, "account": ACCOUNT}
    outcome = access.least_access(Seen(returned_by=returned, objects={"Secret": ["mine"]}).scene())

    assert outcome.state == "proved"
    assert any("exec" in limit for limit in outcome.limits)
    returned["account"] = {**ACCOUNT, "rules": {"c": {"resourceRules": PODS}}}
    one = access.least_access(Seen(returned_by=returned, objects={"Secret": ["airflow-keys"]}, workers="c").scene())
    assert any("one namespace" in limit for limit in one.limits)


def test_least_access_without_an_answer_from_inside_has_failed() -> None:
    states: dict[str, str | None] = {"plain": "failed"}
    outcome = access.least_access(Seen(states, logged={"plain": ["no room"]}).scene())

    assert outcome.state == "failed"
    assert outcome.finding is not None
    assert outcome.finding.evidence == "no room"


@pytest.mark.parametrize(
    ("said", "state", "says"),
    [
        (
            'could not apply Pod: x is forbidden: violates PodSecurity "restricted:latest": x',
            "proved",
            "restricted",
        ),
        ('could not apply Pod: x is forbidden: violates PodSecurity "baseline:latest": x', "failed", "not by"),
        ("could not apply Pod: exceeded quota", "failed", "not by restricted"),
        ("", "failed", "admits"),
    ],
)
def test_pod_security_is_proved_by_the_level_restricted_only(said: str, state: str, says: str) -> None:
    def preview(pod: Mapping[str, Any]) -> Mapping[str, Any]:
        if said:
            raise KubernetesError("kubernetes.forbidden", said, status=403)
        return pod

    outcome = access.pod_security(Seen(preview=preview).scene())

    assert outcome.state == state
    assert says in outcome.text


@pytest.mark.parametrize(
    ("said", "status"),
    [("gone", None), ('x is forbidden: User "ada" cannot patch resource "pods" in API group "" in the namespace', 403)],
)
def test_pod_security_is_not_judged_by_a_cluster_that_does_not_answer_or_may_not_be_asked(
    said: str, status: int | None
) -> None:
    def preview(_: object) -> None:
        raise KubernetesError("kubernetes.unreachable", said, status=status)

    with pytest.raises(KubernetesError):
        access.pod_security(Seen(preview=preview).scene())


@pytest.mark.parametrize(
    ("got", "state"),
    [
        ({"pod": "two", "from": "one"}, "proved"),
        ({"pod": "one", "from": "one"}, "failed"),
        ({"pod": "two", "from": "other"}, "failed"),
        (None, "failed"),
    ],
)
def test_xcom_is_proved_across_pods(got: Any, state: str) -> None:
    assert tasks.xcom(Seen(returned_by={"plain": {"pod": "one"}, "reader": got}).scene()).state == state


@pytest.mark.parametrize(
    ("line", "state"), [("abcd1234 in one", "proved"), ("of an earlier run in one", "failed"), ("abcd1234", "failed")]
)
def test_a_log_that_is_read_back_is_of_this_run_and_pod(line: str, state: str) -> None:
    seen = Seen(returned_by={"plain": PLAIN}, logged={"plain": ["begin", line]})
    assert tasks.task(seen.scene()).state == state


@pytest.mark.parametrize(
    ("said", "look", "state"),
    [
        ({"unapplied": "heads differ", "encrypted": 2, "unreadable": []}, control_plane.migration, "failed"),
        ({"unapplied": "", "encrypted": 2, "unreadable": []}, control_plane.migration, "proved"),
        ({"unapplied": "", "encrypted": 3, "own": True, "unreadable": ["variable x"]}, control_plane.fernet, "failed"),
        ({"unapplied": "", "encrypted": 2, "own": True, "unreadable": []}, control_plane.fernet, "proved"),
        ({"unapplied": "", "encrypted": 2, "own": False, "unreadable": []}, control_plane.fernet, "failed"),
        ({"unapplied": "", "encrypted": 0, "own": False, "unreadable": []}, control_plane.fernet, "failed"),
    ],
)
def test_what_the_pod_beside_the_database_says(said: Any, look: Any, state: str) -> None:
    scene = Seen()
    scene.database_look = SimpleNamespace(said=lambda: said)  # type: ignore[attr-defined] # of the stand-in
    assert look(scene.scene()).state == state


def test_a_scheduler_that_does_not_schedule_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its heart beats: the run that is due is queued to the end."""
    monkeypatch.setattr(control_plane, "_DUE_SECONDS", 0.1)
    said: list[str] = []
    scene: Any = Seen()
    scene.say = said.append
    scene.airflow = SimpleNamespace(
        dag_runs=lambda *_, **__: [SimpleNamespace(run_type="scheduled", state="queued")],
        health=lambda: SimpleNamespace(components={"scheduler": SimpleNamespace(state="healthy")}),
    )
    outcome = control_plane.scheduler(scene)
    assert (outcome.state, said) == ("failed", ["its run is queued"])
    assert outcome.finding is not None
    assert "its health is healthy" in outcome.finding.cause


@pytest.mark.parametrize("look", [isolation, access.least_access])
def test_with_the_executor_local_there_is_nothing_to_keep_apart(look: Any) -> None:
    outcome = look(Seen(tasks_have_pods=False).scene())
    assert outcome.state == "not-applicable"
    assert "airflow.executor: local" in outcome.text
