"""What the verbs of `project` make of a cluster and of Airflow's pools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from airstrip.errors import AirstripError
from airstrip.events import Event, event_to_dict
from airstrip.manifests import project_objects
from airstrip.operations import add_project, list_projects, remove_project, set_project, show_project, unset_project
from airstrip.operations.project_store import kept_projects, tell_airflow
from airstrip.spec import Forgotten, Project, ProjectWords, Quota
from airstrip_pods.conventions import PROJECTS_VARIABLE, ProjectSettings, projects_from_json
from tests.unit.operations.projects_stand_ins import CONTROL, SPEC, WORKERS, Stage, no_lease

WORDS = ProjectWords(
    config={"REGION": "eu"},
    secrets={"API_TOKEN": "env:SALES_TOKEN"},
    values={"PIN": "tr0ub4dor"},
    pool=2,
    requests={"cpu": "500m"},
    limits={"memory": "1Gi"},
)
DECLARED = SPEC.model_copy(update={"projects": {"sales": Project(place="airstrip.yaml:7")}})


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr("airstrip.operations.projects.Lease", no_lease)
    monkeypatch.setenv("SALES_TOKEN", "hunter2")
    return Stage()


@pytest.fixture
def sales(stage: Stage) -> Stage:
    add_project(stage.session(), "sales", WORDS, nobody)
    stage.objects.written.clear()
    return stage


def nobody(_: Event) -> None:
    pass


def told(stage: Stage, namespace: str = WORKERS) -> dict[str, ProjectSettings]:
    return projects_from_json(stage.objects.data("airstrip-projects", namespace)[PROJECTS_VARIABLE])


def refusal(call: Any, *arguments: Any, **named: Any) -> AirstripError:
    with pytest.raises(AirstripError) as raised:
        call(*arguments, **named)
    return raised.value


def test_a_project_is_made_with_all_that_its_pods_look_for(stage: Stage) -> None:
    events: list[Event] = []
    made = add_project(stage.session(), "sales", WORDS, events.append)
    assert stage.objects.data("sales") == {"AIRSTRIP_PROJECT": "sales", "REGION": "eu"}
    assert stage.objects.values("sales") == {"API_TOKEN": "hunter2", "PIN": "tr0ub4dor"}
    assert stage.objects.kept["ServiceAccount", WORKERS, "sales"]["automountServiceAccountToken"] is False
    assert stage.pools.slots() == {"sales": 2}
    assert stage.folders == ["sales"]
    for namespace in (WORKERS, CONTROL):
        assert told(stage, namespace)["sales"] == ProjectSettings(
            {"cpu": "500m"}, {"memory": "1Gi"}, config=True, secret=True, service_account=True, pool=True
        )
    assert (made.data["secrets"], made.data["folder"]) == (
        {"API_TOKEN": "env:SALES_TOKEN", "PIN": "typed"},
        "/state/data/sales",
    )
    for what in (json.dumps([made.to_document(), *map(event_to_dict, events)]), repr(WORDS)):
        assert "hunter2" not in what
        assert "tr0ub4dor" not in what


def test_airflow_knows_of_a_project_only_when_it_is_all_there(stage: Stage) -> None:
    add_project(stage.session(), "sales", WORDS, nobody)
    kinds = [line for line in stage.objects.written if line.startswith("apply")]
    assert kinds[-3:] == [
        "apply ConfigMap sales",
        "apply ConfigMap airstrip-projects",
        "apply ConfigMap airstrip-projects",
    ]


def test_a_project_without_words_has_no_secret_and_no_pool(stage: Stage) -> None:
    add_project(stage.session(), "empty", ProjectWords(), nobody)
    assert ("Secret", WORKERS, "empty") not in stage.objects.kept
    assert stage.pools.slots() == {}
    assert told(stage)["empty"] == ProjectSettings(config=True, secret=False, service_account=True)


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("Sales", ProjectWords(), "spec.bad-name"),
        ("mine-pods", ProjectWords(), "spec.own-object"),
        ("sales", ProjectWords(config={"HOME": "/"}), "spec.own-variable"),
        ("sales", ProjectWords(config={"A_TOKEN": "hunter2"}), "spec.secret-variable"),
        ("sales", ProjectWords(config={"A": "smtp://u:hunter2@host"}), "spec.secret-literal"),
        ("sales", ProjectWords(config={"A": "env:B"}), "spec.reference-not-allowed"),
        ("sales", ProjectWords(secrets={"A": "hunter2"}), "spec.secret-literal"),
        ("sales", ProjectWords(secrets={"A": "vault:hunter2"}), "spec.not-yet"),
        ("sales", ProjectWords(secrets={"A": "k8s:hunter2"}), "spec.bad-reference"),
        ("sales", ProjectWords(secrets={"A": "k8s:airflow-keys/jwt-secret"}), "spec.own-secret"),
        ("sales", ProjectWords(values={"HOME": "hunter2"}), "spec.own-variable"),
        ("sales", ProjectWords(values={"A": "hunter2"}, config={"A": "b"}), "spec.conflict"),
        ("sales", ProjectWords(requests={"cpu": "much"}), "spec.bad-quantity"),
        ("sales", ProjectWords(requests={"gpu": "1"}), "spec.unknown-key"),
        ("sales", ProjectWords(requests={"cpu": "2"}, limits={"cpu": "1"}), "spec.conflict"),
        ("sales", ProjectWords(pool=0), "spec.bad-value"),
        ("sales", ProjectWords(data="ftp://host/x"), "spec.bad-value"),
        ("sales", ProjectWords(data="s3://me:hunter2@bucket"), "spec.secret-literal"),
        ("sales", ProjectWords(secrets={"A": "env:NOT_SET"}), "reference.no-variable"),
    ],
)
def test_wrong_words_change_nothing_and_are_not_repeated(
    stage: Stage, name: str, words: ProjectWords, code: str
) -> None:
    error = refusal(add_project, stage.session(), name, words, nobody)
    assert error.code == code
    assert error.fix
    assert "hunter2" not in str(error.to_dict())
    assert stage.objects.written == []
    assert stage.pools.slots() == {}


def test_a_name_is_taken_once(sales: Stage) -> None:
    assert refusal(add_project, sales.session(), "sales", ProjectWords(), nobody).code == "project.exists"
    sales.objects.put("Secret", "rides", data={})
    taken = refusal(add_project, sales.session(), "rides", ProjectWords(), nobody)
    assert (taken.code, "Secret rides" in taken.message) == ("project.taken", True)


def test_a_pool_of_somebody_else_s_is_left_alone(stage: Stage) -> None:
    stage.pools.kept["sales"] = {"name": "sales", "slots": 7, "description": "ours", "include_deferred": False}
    assert refusal(add_project, stage.session(), "sales", WORDS, nobody).code == "project.pool-taken"
    assert stage.objects.written == []
    add_project(stage.session(), "sales", ProjectWords(), nobody)
    remove_project(stage.session(), "sales", nobody, lambda _: True, data=False)
    assert stage.pools.slots() == {"sales": 7}


def test_what_is_set_comes_on_top_and_the_rest_stays(sales: Stage) -> None:
    words = ProjectWords(config={"ROWS": "1"}, values={"PIN": "new"}, pool=5, limits={"cpu": "2"})
    changed = set_project(sales.session(), "sales", words, nobody).data
    assert changed["config"] == {"REGION": "eu", "ROWS": "1"}
    assert changed["limits"] == {"memory": "1Gi", "cpu": "2"}
    assert sales.objects.values("sales") == {"API_TOKEN": "hunter2", "PIN": "new"}
    assert sales.pools.slots() == {"sales": 5}
    low = ProjectWords(limits={"cpu": "100m"})
    assert refusal(set_project, sales.session(), "sales", low, nobody).code == "spec.conflict"


def test_what_is_unset_is_gone_and_what_is_not_there_is_told(sales: Stage) -> None:
    what = Forgotten(keys=("REGION",), secrets=("PIN",), pool=True, requests=("cpu",))
    changed = unset_project(sales.session(), "sales", what, nobody).data
    assert (changed["config"], changed["pool"], changed["requests"]) == ({}, None, {})
    assert sales.objects.values("sales") == {"API_TOKEN": "hunter2"}
    assert sales.pools.slots() == {}
    for gone in (Forgotten(keys=("REGION",)), Forgotten(secrets=("PIN",)), Forgotten(pool=True)):
        assert refusal(unset_project, sales.session(), "sales", gone, nobody).code == "project.no-such-key"
    unset_project(sales.session(), "sales", Forgotten(secrets=("API_TOKEN",)), nobody)
    assert ("Secret", WORKERS, "sales") not in sales.objects.kept
    assert told(sales)["sales"].secret is False


def test_a_removed_project_leaves_nothing_but_its_data(sales: Stage) -> None:
    add_project(sales.session(), "rides", ProjectWords(), nobody)
    questions: list[str] = []

    def agrees(question: str) -> bool:
        questions.append(question)
        return True

    removed = remove_project(sales.session(), "sales", nobody, agrees, data=False).data
    assert removed == {"project": "sales", "dataDeleted": False, "folder": "/state/data/sales", "url": None}
    assert "data" not in questions[0]
    assert [key for key in sales.objects.kept if key[2] == "sales"] == []
    assert list(told(sales)) == ["rides"]
    assert sales.pools.slots() == {}
    assert not [line for line in sales.objects.written if "Job" in line]


def test_its_data_may_be_in_a_store_which_keeps_it(sales: Stage) -> None:
    changed = set_project(sales.session(), "sales", ProjectWords(data="s3://bucket/sales/"), nobody).data
    assert (changed["url"], changed["folder"]) == ("s3://bucket/sales", None)
    assert sales.objects.data("sales")["AIRSTRIP_PROJECT_DATA_URL"] == told(sales)["sales"].data == "s3://bucket/sales"
    assert set_project(sales.session(), "sales", ProjectWords(pool=3), nobody).data["url"] == "s3://bucket/sales"
    questions: list[str] = []
    refusal(remove_project, sales.session(), "sales", nobody, questions.append, data=True)
    assert "and its folder, but what is at s3://bucket/sales" in questions[0]
    gone = unset_project(sales.session(), "sales", Forgotten(data=True), nobody).data
    assert (gone["url"], gone["folder"]) == (None, "/state/data/sales")
    error = refusal(unset_project, sales.session(), "sales", Forgotten(data=True), nobody)
    assert error.code == "project.no-such-key"


def test_who_removes_is_told_of_pods_that_are_at_work(sales: Stage) -> None:
    for name, phase in (("a", "Running"), ("b", "Pending"), ("c", "Succeeded")):
        labels = {"airstrip/project": "sales"}
        sales.objects.put("Pod", name, metadata={"labels": labels}, status={"phase": phase})
    questions: list[str] = []

    def refuses(question: str) -> bool:
        questions.append(question)
        return False

    refusal(remove_project, sales.session(), "sales", nobody, refuses, data=True)
    assert questions[0].endswith("all of its data (2 of its pods are at work)?")


def test_without_pods_there_are_no_projects(stage: Stage) -> None:
    spec = SPEC.model_copy(update={"airflow": SPEC.airflow.model_copy(update={"executor": "local"})})
    assert refusal(add_project, stage.session(spec), "sales", ProjectWords(), nobody).code == "project.no-pods"


def test_without_consent_nothing_is_removed(sales: Stage) -> None:
    error = refusal(remove_project, sales.session(), "sales", nobody, lambda _: False, data=True)
    assert (error.code, sales.objects.written) == ("project.refused", [])


def test_what_the_file_declares_is_changed_there(sales: Stage) -> None:
    session = sales.session(DECLARED)
    calls = [
        refusal(add_project, session, "sales", ProjectWords(), nobody),
        refusal(set_project, session, "sales", ProjectWords(pool=1), nobody),
        refusal(unset_project, session, "sales", Forgotten(pool=True), nobody),
        refusal(remove_project, session, "sales", nobody, lambda _: True, data=False),
    ]
    assert {error.code for error in calls} == {"project.declared"}
    assert all("airstrip.yaml:7" in error.message for error in calls)
    assert sales.objects.written == []


def test_up_does_not_take_the_place_of_what_only_the_cluster_has(sales: Stage) -> None:
    error = refusal(kept_projects, sales.cluster, DECLARED)
    assert (error.code, "airstrip.yaml:7" in error.message) == ("project.declared-twice", True)
    assert kept_projects(sales.cluster, SPEC)["sales"].config == {"REGION": "eu"}
    sales.objects.put("ServiceAccount", "rides")
    rides = SPEC.model_copy(update={"projects": {"rides": Project(place="airstrip.yaml:7")}})
    assert refusal(kept_projects, sales.cluster, rides).code == "project.taken"


def test_the_list_has_what_is_landed_and_what_is_not_yet(sales: Stage) -> None:
    spec = SPEC.model_copy(update={"projects": {"rides": Project(place="airstrip.yaml:7", pool=1)}})
    rows = list_projects(sales.session(spec)).data["projects"]
    told = [(row["project"], row["source"], row["landed"], row["place"]) for row in rows]
    assert told == [("rides", "file", False, "airstrip.yaml:7"), ("sales", "command", True, None)]
    assert show_project(sales.session(spec), "rides").data["pool"] == 1
    missing = refusal(show_project, sales.session(spec), "sale")
    assert (missing.code, missing.cause) == ("project.not-found", "Did you mean sales?")


def test_one_with_a_namespace_of_its_own_is_found_there(stage: Stage) -> None:
    own = Project(namespace="sales-pods", quota=Quota(requests={"cpu": "2"}, pods=9), place="airstrip.yaml:7")
    spec = SPEC.model_copy(update={"projects": {"sales": own, "rides": Project(data="s3://bucket", place="x:9")}})
    for item in project_objects(spec, "sales"):
        stage.objects.apply(item)
    sales = show_project(stage.session(spec), "sales").data
    assert (sales["landed"], sales["namespace"]) == (True, "sales-pods")
    assert sales["quota"] == {"requests.cpu": "2", "pods": "9"}
    assert (sales["folder"], sales["url"]) == ("/state/data/sales", None)
    rides = show_project(stage.session(spec), "rides").data
    assert (rides["namespace"], rides["quota"], rides["folder"]) == (WORKERS, {}, None)
    assert rides["url"] == "s3://bucket"
    stage.objects.put("Secret", "sales", "sales-pods")
    error = refusal(kept_projects, stage.cluster, spec)
    assert (error.code, "sales-pods has a Secret sales already" in error.message) == ("project.taken", True)


def test_who_parses_dag_files_is_told_once_and_nothing_rolls(sales: Stage) -> None:
    labels = {"app.kubernetes.io/instance": "mine", "app.kubernetes.io/component": "dag-processor"}
    volumes = {"spec": {"volumes": [{"name": "airstrip-projects"}]}}
    sales.objects.put("Pod", "dag-processor-1", CONTROL, metadata={"labels": labels}, **volumes)
    sales.objects.put("Pod", "scheduler-1", CONTROL, metadata={"labels": labels}, spec={})
    set_project(sales.session(), "sales", ProjectWords(pool=9), nobody)
    tell_airflow(sales.cluster, SPEC)
    patches = [line for line in sales.objects.written if line.startswith("patch")]
    assert patches == ["patch Pod dag-processor-1"]


def test_references_of_a_command_are_relative_to_where_it_is_run(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("token").write_text("from a file\n")
    stage.objects.put("Secret", "theirs", CONTROL, data={"key": "ZnJvbSBhIFNlY3JldA=="})
    words = ProjectWords(secrets={"A": "file:token", "B": "k8s:theirs/key"})
    add_project(stage.session(), "sales", words, nobody)
    assert stage.objects.values("sales") == {"A": "from a file", "B": "from a Secret"}
