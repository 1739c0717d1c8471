"""What `status` says of a deployment of which anything may be there or not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from airstrip.airflow_api import DagImportError, Health, Heartbeat
from airstrip.errors import AirflowError, KubernetesError
from airstrip.operations import Session, status
from airstrip.platform import Binding, Platform, Purpose, Role, SharedVolume
from airstrip.spec import API_VERSION, Airflow, Namespaces, Spec, TargetSpec

COMPONENTS = ("api-server", "dag-processor", "postgresql", "scheduler", "triggerer")
STATEFUL = ("postgresql", "triggerer")


class Here(TargetSpec):
    place: ClassVar[str] = "here"


SPEC = Spec(
    api_version=API_VERSION,
    name="mine",
    target=Here(),
    namespaces=Namespaces(control="mine", workers="mine-workers"),
    airflow=Airflow(version="3.3.2"),
)

PURPOSES: tuple[Purpose, ...] = ("dags", "logs", "data")
ROLES: tuple[Role, ...] = ("control", "workers")
VOLUMES = tuple(
    SharedVolume(purpose, "ReadWriteMany", {role: Binding(f"{purpose}-{role}", "", "1Gi") for role in ROLES})
    for purpose in PURPOSES
)
HEALTHY = Health("healthy", {"scheduler": Heartbeat("healthy"), "triggerer": Heartbeat("")})
PLATFORM = Platform("here", "standard", VOLUMES, "http://x", ("10.96.0.0/16",), ("10.97.0.0/16",), ())


@dataclass
class Landing:
    """A session's place, cluster and Airflow."""

    components: tuple[str, ...] = COMPONENTS
    not_ready: tuple[str, ...] = ()
    secret: bool = True
    releases: tuple[dict[str, Any], ...] = ()
    condition: str = "ready"
    kubernetes_error: KubernetesError | None = None
    airflow_error: AirflowError | None = None
    import_errors: tuple[DagImportError, ...] = ()
    health: Health = HEALTHY

    def session(self) -> Session:
        session = Session(SPEC, cast(Any, SimpleNamespace(describe=lambda: PLATFORM, condition=lambda: self.condition)))
        session.__dict__["cluster"] = SimpleNamespace(server_version=self._version, list=self._list, get=self._get)
        session.__dict__["airflow"] = SimpleNamespace(
            version=lambda: "3.3.1",
            health=self._health,
            dag_runs=lambda _, limit: (),
            import_errors=lambda: self.import_errors,
        )
        return session

    def _version(self) -> str:
        if self.kubernetes_error:
            raise self.kubernetes_error
        return "v1.34.1"

    def _health(self) -> Health:
        if self.airflow_error:
            raise self.airflow_error
        return self.health

    def _list(self, version: str, kind: str, namespace: str, **_: object) -> list[dict[str, Any]]:
        return [
            {
                "metadata": {"name": name},
                "spec": {"replicas": 1, "template": {"spec": {"containers": [{"image": "i"}]}}},
                "status": {} if name in self.not_ready else {"readyReplicas": 1},
            }
            for name in self.components
            if (kind == "StatefulSet") == (name in STATEFUL)
        ]

    def _get(self, version: str, kind: str, name: str, namespace: str) -> dict[str, Any] | None:
        if kind == "ConfigMap":
            return {"data": {"releases": json.dumps(self.releases)}}
        return {"data": {}} if self.secret else None


def test_a_healthy_landing_is_exit_code_0() -> None:
    result = status(Landing().session())
    assert (result.exit_code, result.findings, result.data["state"]) == (0, [], "healthy")
    assert (result.data["place"], result.data["placeState"]) == ("here", "ready")
    assert result.data["health"] == {"metadatabase": "healthy", "scheduler": "healthy", "triggerer": None}
    # Of what runs: the file may name another one.
    assert result.data["versions"] == {"airflow": "3.3.1", "kubernetes": "v1.34.1"}


@pytest.mark.parametrize(
    ("trace", "code", "said"),
    [
        ("Traceback:\n  x\nNameError: no y\n", "dags.import-error", "NameError: no y."),
        # As `doctor` tells of it.
        ("ModuleNotFoundError: No module named 'y'", "dags.missing-package", "there is no module y"),
        ("No module named 'airflow.providers.amazon'", "dags.missing-provider", "apache-airflow-providers-amazon"),
        ("ValueError: postgresql://u:hunter3@h/d", "dags.import-error", "ValueError: postgresql://***@h/d"),
        ("", "dags.import-error", "Airflow does not say why."),
    ],
)
def test_an_import_error_is_degraded_and_exit_code_3(trace: str, code: str, said: str) -> None:
    error = DagImportError("broken.py", "main", None, trace)
    result = status(Landing(import_errors=(error,)).session())
    assert (result.exit_code, result.data["state"]) == (3, "degraded")
    (finding,) = result.findings
    assert finding.code == code
    assert "broken.py" in finding.symptom
    assert said in f"{finding.symptom} {finding.cause} {finding.fix}"
    assert "hunter3" not in str(result.to_document())


@pytest.mark.parametrize(
    ("landing", "words"),
    [
        (Landing(components=("postgresql",), secret=True), "api-server, dag-processor, scheduler, triggerer"),
        (Landing(components=(), secret=False), "its passwords"),
        (Landing(secret=False), "its passwords"),
    ],
)
def test_an_interrupted_up_is_a_finding_with_what_is_there(landing: Landing, words: str) -> None:
    result = status(landing.session())
    assert (result.exit_code, result.data["state"]) == (3, "incomplete")
    assert [row["component"] for row in result.data["components"]] == sorted(landing.components)
    finding = result.findings[0]
    assert (finding.code, words in finding.symptom) == ("deployment.not-landed", True)
    assert "./airstrip up" in finding.fix


@pytest.mark.parametrize(("states", "state"), [(("landed", "failed"), "incomplete"), (("failed", "landed"), "healthy")])
def test_an_up_that_failed_last_is_told_where_the_release_before_it_runs_on(
    states: tuple[str, ...], state: str
) -> None:
    about = {"at": "2026-01-01T00:00:00Z", "by": "a@b", "airstrip": "1", "airflow": "3.3.2", "changed": 1}
    releases = tuple({**about, "revision": 1, "state": each, "error": "pod.crash-loop"} for each in states)
    result = status(Landing(releases=releases).session())
    assert (result.exit_code, result.data["state"]) == (3 if state == "incomplete" else 0, state)
    found = [(finding.code, finding.symptom) for finding in result.findings]
    assert found == ([("deployment.up-failed", "the last `up` failed: pod.crash-loop")] if result.exit_code else [])


def test_a_place_whose_cluster_does_not_answer_is_said_to_be_so() -> None:
    error = KubernetesError("kubernetes.unreachable", "no answer", fix="Wait.")
    result = status(Landing(condition="starting", kubernetes_error=error).session())
    assert (result.exit_code, result.data["placeState"], result.data["components"]) == (3, "starting", [])
    assert [finding.code for finding in result.findings] == ["deployment.place-not-ready", "kubernetes.unreachable"]


def test_an_airflow_that_does_not_answer_keeps_what_was_seen_before() -> None:
    error = AirflowError("airflow.unreachable", "no answer", fix="Read its log: ./airstrip logs api-server")
    result = status(Landing(airflow_error=error, not_ready=("api-server",)).session())
    assert (result.exit_code, len(result.data["components"])) == (3, len(COMPONENTS))
    assert [finding.code for finding in result.findings] == ["component.not-ready", "airflow.unreachable"]
    assert all("airstrip status" not in finding.fix for finding in result.findings)


def test_of_health_that_airflow_denies_the_same_is_said_as_doctor_says() -> None:
    beats = {
        "scheduler": Heartbeat("healthy"),
        "dag-processor": Heartbeat("unhealthy", age=41.6),
        "triggerer": Heartbeat(""),
    }
    result = status(Landing(health=Health("unhealthy", beats)).session())
    assert [finding.code for finding in result.findings] == ["dag-processor.silent", "database.unhealthy"]
    assert result.findings[0].symptom == "the dag-processor sends no heartbeats: its last is 42 s old"
    assert "kubectl delete pod -n mine -l app.kubernetes.io/component=dag-processor" in result.findings[0].fix
